import DurableQueue
import EventLoop
import Mesh
import MeshRedis
import MeshZeroMQ
import Redis
import ZeroMQ

/// A queue in the mesh: real sockets, a real registry.
struct Member: Sendable {
    private static let service = "bench"

    let group: QueueGroup
    private let workload: Workload

    init(_ store: SegmentLogStore, _ workload: Workload) {
        self.workload = workload
        group = QueueGroup(
            store: store, service: Self.service, configuration: workload.queue, replication: workload.replication)
    }

    /// Is a member of the mesh for as long as the body runs.
    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let url = try RedisURL(workload.redis)
        try await EventLoop.withEventLoop { loop in
            var configuration = RedisRegistry.Configuration(redis: RedisConfiguration(url: url))
            configuration.namespace = workload.namespace
            let registry = RedisRegistry(configuration: configuration, loop: loop)
            var service = ServiceDefinition(name: Self.service)
            group.offer(on: &service)
            let context = try Context()
            let node = MeshNode(
                .init(name: InstanceName(service: Self.service, instance: "\(workload.role)")), service: service,
                transport: ZeroMQTransport(context: context, loop: loop), registry: registry, reactor: loop)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await registry.run() }
                tasks.addTask { try await node.run() }
                tasks.addTask { await group.run(on: node) }
                node.setReady()
                try await body()
                tasks.cancelAll()
            }
            try await context.shutdown()
        }
    }

    /// Returns when what is taken in from now on is held by the other process too.
    func waitForFollower() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let own = group.status?.groups.first { $0.origin == group.queue.store.origin }
            if let own, own.isOwnedHere, !own.isChanging, own.lags.count == 1 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NoFollower(description: "after 30 s nobody follows: \(group.standing.waitingFor)")
    }
}

struct NoFollower: Error, CustomStringConvertible {
    let description: String
}
