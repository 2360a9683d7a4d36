internal import EventLoop
internal import Logging
internal import Mesh
internal import MeshRedis
internal import MeshZeroMQ
internal import Redis
internal import ServiceKit
internal import ZeroMQ

/// Runs `body` with a node of the mesh that only calls, and ends the node with it.
///
/// - Parameter usesRegistry: Whether instances are found through Redis; without it only endpoints can be called.
func withMesh<Result: Sendable>(
    _ settings: OperatorSettings, usesRegistry: Bool = true,
    _ body: @escaping @Sendable (MeshSession) async throws -> Result
) async throws -> Result {
    try await EventLoop.withEventLoop { loop in
        let context = try Context()
        let transport = ZeroMQTransport(context: context, loop: loop)
        let outcome: Swift.Result<Result, any Error>
        do {
            let listed = usesRegistry ? try RedisRegistry(settings, loop: loop) : nil
            let unlisted = NoRegistry()
            let node = MeshNode(.init(), transport: transport, registry: listed ?? unlisted, reactor: loop)
            let session = MeshSession(node: node, registry: listed.map(RedisListing.init) ?? unlisted)
            outcome = .success(try await running(node, and: listed) { try await body(session) })
        } catch {
            outcome = .failure(error)
        }
        try await context.shutdown()
        return try outcome.get()
    }
}

/// Runs `body` beside the node and the registry's connection, and ends them with it.
private func running<Result: Sendable>(
    _ node: MeshNode, and registry: RedisRegistry?, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        if let registry {
            group.addTask(name: "registry") {
                await registry.run()
                return nil
            }
        }
        group.addTask(name: "node") {
            try await node.run()
            return nil
        }
        group.addTask(name: "command") { try await body() }
        defer { group.cancelAll() }
        while let ended = try await group.next() {
            guard let result = ended else { continue }
            group.cancelAll()
            try await group.waitForAll()
            return result
        }
        throw CommandFailure(.defect, "the command ended without a result")
    }
}

extension RedisRegistry {
    convenience init(_ settings: OperatorSettings, loop: EventLoop) throws {
        let url = try RedisURL(settings.service.discovery.text)
        var configuration = Configuration(redis: RedisConfiguration(url: url, clientName: "headframe-cli"))
        configuration.namespace = settings.service.namespace
        configuration.timeToLive = settings.service.registryTTL
        self.init(configuration: configuration, loop: loop)
    }
}

/// The registry in Redis as the commands see it.
private struct RedisListing: RegistryListing {
    let registry: RedisRegistry

    func instances() async throws -> [RegisteredInstance] {
        try await registry.list()
            .map { RegisteredInstance(record: $0.record, heartbeatAge: $0.heartbeatAge) }
            .sorted { $0.record.name < $1.record.name }
    }

    func knownServices() async throws -> Set<String> { try await registry.knownServices() }

    func watch(_ changed: @escaping @Sendable () -> Void) async throws {
        try await registry.watch { _ in changed() }
    }
}

/// The registry of a command that was given an endpoint: it lists nobody.
private struct NoRegistry: Registry, RegistryListing {
    let timeToLive = Duration.seconds(15)

    func reserve(_ name: InstanceName) async throws -> Epoch { throw refusal }
    func announce(_ record: InstanceRecord) async throws -> Announcement { throw refusal }
    func leave(_ name: InstanceName, epoch: Epoch) async throws { throw refusal }
    func watch(_ receive: @escaping @Sendable (RegistryEvent) -> Void) async throws {
        receive(.snapshot([]))
        while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
    }

    func instances() async throws -> [RegisteredInstance] { [] }
    func knownServices() async throws -> Set<String> { [] }
    func watch(_ changed: @escaping @Sendable () -> Void) async throws { changed() }

    private var refusal: CommandFailure { CommandFailure(.defect, "a command without a registry cannot use one") }
}
