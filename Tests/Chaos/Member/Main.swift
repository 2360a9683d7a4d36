internal import DurableQueue
internal import EventLoop
internal import FoundationEssentials
internal import Mesh
internal import Redis
internal import ServiceKit
internal import ServiceLifecycle

/// Takes entries, replicates them, and runs them with an effect that can be counted.
@main
enum Main {
    static func main() async {
        await runService(MemberConfiguration.self, metadataProvider: .trace) { runtime in
            let logger = runtime.logger
            let loop = try EventLoop(logger: logger)
            let redis = try runtime.stateClient(on: loop)
            let effects = Effects(redis: redis, prefix: "{\(runtime.common.namespace)}:chaos:")
            let store = try SegmentLogStore(folder: runtime.configuration.folder)
            var configuration = QueueConfiguration(name: "chaos")
            configuration.ordering = .perKey
            // Each life may end while an entry runs: that is what this is for.
            configuration.maximumCrashes = 100_000
            configuration.maximumFailures = 100_000
            configuration.mode = .replicated(min: 1)
            let group = QueueGroup(
                store: store, service: MemberConfiguration.service, configuration: configuration, logger: logger)
            let queue = group.queue
            var service = ServiceDefinition(name: MemberConfiguration.service)
            service.method("take", "Takes an entry; true once it is safe.", arguments: ["id"]) { (_, id: String) in
                _ = try await queue.enqueue(id: EntryID(id), key: "all", payload: Array(id.utf8))
                return true
            }
            service.method("counts", "How many entries are completed, unfinished and dead here, by origin.") { _ in
                Dictionary(
                    grouping: await store.snapshot().entries, by: \.identity.origin.uuidString
                ).mapValues { EntryCounts($0) }
            }
            group.offer(on: &service)
            let mesh = try MeshMember(runtime, offering: service, on: loop)
            mesh.node.setReady()
            return [
                Scope("redis") { await redis.run() },
                mesh,
                Scope("group") { await group.run(on: mesh.node) },
                Scope("queue") { try await queue.run { try await effects.apply($0) } },
            ]
        }
    }
}
