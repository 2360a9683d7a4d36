internal import DurableQueue
internal import EventLoop
internal import Logging
internal import Mesh
internal import MeshRedis
internal import MeshZeroMQ
internal import Redis
internal import Synchronization
internal import TestSupport
internal import Testing
internal import ZeroMQ

/// What was run, by whom.
final class Effects: Sendable {
    private let runs = Mutex<[(payload: [UInt8], by: String, epoch: TakeoverEpoch?)]>([])

    func add(_ deliveries: [Delivery], by name: String) {
        runs.withLock { $0 += deliveries.map { ($0.payload, name, $0.epoch) } }
    }

    func payloads(by name: String? = nil) -> Set<[UInt8]> {
        runs.withLock { Set($0.filter { name == nil || $0.by == name }.map(\.payload)) }
    }

    /// How many runs of entries there were.
    func runCount(by name: String) -> Int { runs.withLock { $0.count { $0.by == name } } }

    func epochs(by name: String) -> Set<TakeoverEpoch?> {
        runs.withLock { Set($0.filter { $0.by == name }.map(\.epoch)) }
    }
}

/// The mesh of one test: a registry that ends with it.
struct GroupMesh: Sendable {
    let redis: RedisServer
    let folder: TemporaryFolder
    let effects = Effects()

    static let service = "worker"

    static func start() async throws -> GroupMesh {
        GroupMesh(redis: try await RedisServer.start(), folder: try TemporaryFolder("group"))
    }

    /// Fast enough for a test, slow enough for two busy cores.
    static var replication: ReplicationConfiguration {
        var configuration = ReplicationConfiguration()
        configuration.heartbeat = .milliseconds(50)
        configuration.resendAfter = .milliseconds(300)
        configuration.lease = .milliseconds(700)
        configuration.takeoverAfter = .milliseconds(1000)
        configuration.claimWithin = .milliseconds(500)
        configuration.growAfter = .milliseconds(300)
        configuration.replaceAfter = .milliseconds(2500)
        return configuration
    }

    static var queue: QueueConfiguration {
        var configuration = QueueConfiguration(name: "work")
        configuration.mode = .replicated(min: 1)
        return configuration
    }
}

/// An instance in a process of the test's own: its I/O thread, its node, its queue, all of which end together.
final class GroupNode: Sendable {
    let name: String
    let group: QueueGroup
    /// Its registry and its folder are there for as long as it is.
    private let mesh: GroupMesh
    private let task: Task<Void, any Error>

    var queue: DurableQueue { group.queue }
    var origin: EntryIdentity { EntryIdentity(origin: queue.store.origin, sequence: 0) }

    /// - Parameter runs: whether it has a handler; otherwise nothing of its queue is run.
    init(
        _ name: String, in mesh: GroupMesh, replication: ReplicationConfiguration = GroupMesh.replication,
        queue configuration: QueueConfiguration = GroupMesh.queue, runs: Bool = true,
        fileSystem: any FileSystem = PosixFileSystem()
    ) throws {
        (self.name, self.mesh) = (name, mesh)
        let store = try SegmentLogStore(folder: mesh.folder.path + "/" + name, fileSystem: fileSystem)
        let group = QueueGroup(
            store: store, service: GroupMesh.service, configuration: configuration, replication: replication,
            logger: Self.silent)
        self.group = group
        let effects = mesh.effects
        let url = try RedisURL(mesh.redis.url)
        task = Task {
            try await Self.noting("\(name) ends") {
                try await EventLoop.withEventLoop { loop in
                    let context = try Context()
                    let node = try Self.node(name, group, url: url, context: context, loop: loop)
                    await withTaskGroup(of: Void.self) { tasks in
                        tasks.addTask { await node.registry.run() }
                        tasks.addTask { try? await Self.noting("\(name)'s node ends") { try await node.node.run() } }
                        tasks.addTask { await group.run(on: node.node) }
                        tasks.addTask { try? await Self.run(group.queue, as: name, adding: runs ? effects : nil) }
                        node.node.setReady()
                    }
                    await group.queue.close()
                    try await context.shutdown()
                }
            }
        }
    }

    /// Nobody else ends it where a test has failed.
    deinit { task.cancel() }

    private static func run(_ queue: DurableQueue, as name: String, adding effects: Effects?) async throws {
        // The disk is one that the test lets fail.
        try await noting("\(name)'s queue ends", unless: { queue.status.store.failure != nil }) {
            if let effects {
                try await queue.run { effects.add($0, by: name) }
            } else {
                try await queue.run()
            }
        }
    }

    /// Says at once what nobody asked for: a test that fails never comes to where it would see the error.
    private static func noting(
        _ what: String, unless isExpected: () -> Bool = { false }, _ body: () async throws -> Void
    ) async throws {
        do { try await body() } catch {
            if !Task.isCancelled, !isExpected() { Issue.record(error, "\(what)") }
            throw error
        }
    }

    private static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }

    private static func node(
        _ name: String, _ group: QueueGroup, url: RedisURL, context: Context, loop: EventLoop
    ) throws -> (node: MeshNode, registry: RedisRegistry) {
        var configuration = RedisRegistry.Configuration(redis: RedisConfiguration(url: url))
        configuration.namespace = "test"
        configuration.timeToLive = .seconds(3)
        let registry = RedisRegistry(configuration: configuration, loop: loop, logger: silent)
        var service = ServiceDefinition(name: GroupMesh.service)
        group.offer(on: &service)
        var transport = ZeroMQTransport.Configuration()
        transport.ports = 20000...29999
        let node = MeshNode(
            .init(name: InstanceName(service: GroupMesh.service, instance: name)), service: service,
            transport: ZeroMQTransport(transport, context: context, loop: loop, logger: silent), registry: registry,
            reactor: loop, logger: silent)
        return (node, registry)
    }

    /// Ends it without a word to the others, as far as that can be in one process: they hear no more of it.
    func stop() async throws {
        task.cancel()
        try await task.value
    }

    /// How it sees the group of an origin.
    func view(of origin: EntryIdentity) -> ReplicationStatus.Group? {
        group.status?.groups.first { $0.origin == origin.origin }
    }

    /// Waits until its own group has so many members, and those of `others` know it: one that has not heard of the end of the change
    /// would need a majority of the group before as well.
    func waitForMembers(_ count: Int, knownBy others: [GroupNode] = []) async throws {
        try await eventually(
            within: .seconds(20), "\(name) has a group of \(count): \(String(describing: group.status))"
        ) {
            ([self] + others).allSatisfy { node in
                node.view(of: origin).map { $0.members.count == count && !$0.isChanging } ?? false
            }
        }
    }
}
