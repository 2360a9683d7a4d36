internal import EventLoop
internal import Logging
internal import Mesh
internal import MeshRedis
internal import MeshZeroMQ
internal import Mining
internal import Redis
internal import TestSupport
internal import ZeroMQ

@testable internal import stratum

/// A registry and a thread for the nodes of a test.
struct MeshScene: Sendable {
    let redis: RedisServer
    let loop: EventLoop
    let context: Context

    /// Runs `body` with a node in the mesh, as long as that takes.
    func withNode(
        _ instance: String, offering service: ServiceDefinition,
        _ body: @escaping @Sendable (MeshNode) async throws -> Void
    ) async throws {
        var configuration = RedisRegistry.Configuration(redis: RedisConfiguration(url: try RedisURL(redis.url)))
        configuration.namespace = "test"
        let registry = RedisRegistry(configuration: configuration, loop: loop, logger: Samples.silent)
        let node = MeshNode(
            .init(name: InstanceName(service: service.name, instance: instance)), service: service,
            transport: ZeroMQTransport(context: context, loop: loop, logger: Samples.silent), registry: registry,
            reactor: loop, logger: Samples.silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "registry") { await registry.run() }
            group.addTask(name: "node") { try await node.run() }
            defer { group.cancelAll() }
            try await body(node)
        }
    }

    /// Runs `body` with a jobmanager that publishes what it is given.
    func withJobmanager(
        _ instance: String,
        _ body: @escaping @Sendable (_ publish: @escaping @Sendable (Job) throws -> Void) async throws -> Void
    ) async throws {
        var service = ServiceDefinition(name: "jobmanager")
        let jobs = service.publication("jobs", "Jobs.", of: Job.self)
        try await withNode(instance, offering: service) { node in
            node.setReady()
            try await body { job in
                let position = job.position
                try node.publish(
                    job,
                    at: Position(
                        lineage: position.lineage, ordinal: Ordinal(hex: position.chainwork.hex) ?? Ordinal(0),
                        height: UInt64(position.height), parent: position.parent, ancestors: position.ancestors),
                    key: job.id, as: jobs)
            }
        }
    }
}

/// Runs `body` with a registry of its own.
func withMesh(_ body: @escaping @Sendable (MeshScene) async throws -> Void) async throws {
    let redis = try await RedisServer.start()
    try await EventLoop.withEventLoop { loop in
        let context = try Context()
        do {
            try await body(MeshScene(redis: redis, loop: loop, context: context))
        } catch {
            try await context.shutdown()
            throw error
        }
        try await context.shutdown()
    }
}
