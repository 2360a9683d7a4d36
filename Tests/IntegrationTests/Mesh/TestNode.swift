internal import EventLoop
internal import Logging
internal import Mesh
internal import MeshRedis
internal import MeshZeroMQ
internal import Redis
internal import TestSupport
internal import ZeroMQ

/// A node of the mesh in the test's own process, which only calls.
struct TestNode: Sendable {
    let node: MeshNode
    let loop: EventLoop
    let context: Context
}

/// Where a test's mesh is found.
struct MeshPlace: Sendable {
    /// The URL of its Redis.
    let redis: String
    let namespace: String
    /// How long a record stays in the registry without renewal, in whole seconds.
    let registryTTL: Duration

    /// The arguments that every service has, those of one named `instance`.
    func arguments(_ instance: String, ports: String) -> [String] {
        [
            "--instance", instance, "--namespace", namespace, "--redis", redis, "--ports", ports,
            "--registry-ttl", "\(registryTTL.components.seconds)s", "--http-port", "0", "--log-level", "debug",
            "--drain-seconds", "10",
        ]
    }
}

/// Runs `body` with a node in the pool's mesh.
func withNode(_ pool: Pool, _ body: @escaping @Sendable (TestNode) async throws -> Void) async throws {
    try await withNode(pool.place, body)
}

/// Runs `body` with a node in that mesh.
func withNode(_ place: MeshPlace, _ body: @escaping @Sendable (TestNode) async throws -> Void) async throws {
    let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    try await EventLoop.withEventLoop { loop in
        let context = try Context()
        var configuration = RedisRegistry.Configuration(
            redis: RedisConfiguration(url: try RedisURL(place.redis), clientName: "integration-test"))
        configuration.namespace = place.namespace
        configuration.timeToLive = place.registryTTL
        let registry = RedisRegistry(configuration: configuration, loop: loop, logger: silent)
        let node = MeshNode(
            .init(), transport: ZeroMQTransport(context: context, loop: loop, logger: silent), registry: registry,
            reactor: loop, logger: silent)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(name: "registry") { await registry.run() }
                group.addTask(name: "node") { try await node.run() }
                defer { group.cancelAll() }
                try await body(TestNode(node: node, loop: loop, context: context))
            }
        } catch {
            try await context.shutdown()
            throw error
        }
        try await context.shutdown()
    }
}
