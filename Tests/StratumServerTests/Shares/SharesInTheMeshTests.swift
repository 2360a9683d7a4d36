internal import DurableQueue
internal import Mesh
internal import Mining
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import stratum

/// Queues of shares as others in the mesh see them.
@Suite(.timeLimit(.minutes(2))) struct SharesInTheMeshTests {
    /// Runs `body` with a stratum server's queue in the mesh.
    private static func withServer(
        _ instance: String, in scene: MeshScene, replicas: Int = 0, _ folder: TemporaryFolder,
        _ change: (inout ShareQueueOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (ShareQueue, MeshNode) async throws -> Void
    ) async throws {
        try await withShareQueue(folder, instance: instance, replicas: replicas) {
            $0.replication.growAfter = .milliseconds(50)
            change(&$0)
        } body: { shares in
            var service = ServiceDefinition(name: StratumConfiguration.service)
            shares.offer(on: &service)
            try await scene.withNode(instance, offering: service) { node in
                node.setReady()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await shares.replicate(on: node) }
                    defer { group.cancelAll() }
                    try await body(shares, node)
                }
            }
        }
    }

    private static let one = Destination.instance(InstanceName(service: "stratum", instance: "stratum-1"))

    @Test func `a reader gets every share once, and one that does not read delays nobody`() async throws {
        let folder = try TemporaryFolder("spool")
        try await withMesh { scene in
            try await Self.withServer("stratum-1", in: scene, folder) { shares, _ in
                try await scene.withNode("reader-1", offering: ServiceDefinition(name: "reader")) { reader in
                    let origin = shares.queue.store.origin
                    // This one takes its first chunk and no other.
                    let idle = try reader.stream(Self.one, "queueRead", "shares", origin, 0, of: QueueChunk.self)
                    _ = await shares.record(ShareQueueTests.share(0))
                    #expect(try await idle.makeAsyncIterator().next()?.entries.count == 1)

                    let count = 3000
                    let start = ContinuousClock.now
                    await withTaskGroup(of: Void.self) { group in
                        for number in 1..<count {
                            group.addTask { #expect(await shares.record(ShareQueueTests.share(number)) == .recorded) }
                        }
                    }
                    let live = try reader.stream(Self.one, "queueRead", "shares", origin, 0, of: QueueChunk.self)
                    var (position, hashes): (UInt64, Set<[UInt8]>) = (0, [])
                    for try await chunk in live {
                        #expect(chunk.after == position)
                        position = chunk.upTo
                        for entry in chunk.entries {
                            #expect(hashes.insert(try PoolShare(bytes: entry.payload).hash).inserted)
                        }
                        let completed: Int = try await reader.call(
                            Self.one, "queueComplete", "shares", origin, position)
                        #expect(completed == chunk.entries.count)
                        if hashes.count == count { break }
                    }
                    #expect(shares.queue.status.depth == 0)
                    // What was counted can be read again, as after a failover that lost what was written.
                    let again = try reader.stream(Self.one, "queueRead", "shares", origin, 0, of: QueueChunk.self)
                    #expect(try await again.makeAsyncIterator().next()?.entries.first?.sequence == 1)
                    #expect(ContinuousClock.now - start < .seconds(60))
                    withExtendedLifetime(idle) {}
                }
            }
        }
    }

    @Test func `with a replica, a share is on two disks, and refused while the other server is away`() async throws {
        let (first, second) = (try TemporaryFolder("spool"), try TemporaryFolder("spool"))
        try await withMesh { scene in
            try await Self.withServer("stratum-1", in: scene, replicas: 1, first) { one, _ in
                #expect(await one.record(ShareQueueTests.share(1)) != .recorded)
                try await Self.withServer("stratum-2", in: scene, replicas: 1, second) { two, _ in
                    try await eventually(within: .seconds(30), "a share is recorded") {
                        await one.record(ShareQueueTests.share(2)) == .recorded
                    }
                    #expect(await two.record(ShareQueueTests.share(3)) == .recorded)
                    let held = await two.queue.store.entries(of: one.queue.store.origin, from: 1, limit: 10)
                    #expect(held.map(\.header.id.text) == [Hex.encode(ShareQueueTests.share(2).hash)])
                    let report = try #require(await one.desk.reports().first)
                    #expect(report.mode == "replicated(1)" && report.origins.first?.depth == 1)
                    #expect(report.replicas.map(\.instance) == ["stratum-2"])
                }
                let refusal = await one.record(ShareQueueTests.share(4))
                // It was sent to the server that has just left, and nobody can say that it did not get there: so that it was taken back
                // is told only where it was not.
                guard case .refused(let words) = refusal else {
                    Issue.record("it was not refused: \(refusal)")
                    return
                }
                #expect(words.hasPrefix("no other server confirmed it in time"))
                // It is not counted later.
                let page = try await one.queue.entries(of: one.queue.store.origin, after: 0, limit: 10)
                #expect(page.entries.map(\.header.id.text) == [Hex.encode(ShareQueueTests.share(2).hash)])
            }
        }
    }

    @Test func `a folder that a group counts on is not adopted`() async throws {
        let folder = try TemporaryFolder("spool")
        try await withMesh { scene in
            try await Self.withServer("stratum-1", in: scene, replicas: 1, folder) {
                $0.adoptEvery = .milliseconds(20)
                $0.abandonedAfter = .milliseconds(50)
            } _: { one, _ in
                try await Self.withServer("stratum-2", in: scene, replicas: 1, folder) { _, _ in
                    try await eventually(within: .seconds(30), "a share is recorded") {
                        await one.record(ShareQueueTests.share(1)) == .recorded
                    }
                }
                let abandoned = try SegmentLogStore(folder: folder.path + "/shares/stratum-3")
                try await abandoned.markAsReplicated()
                await abandoned.close()
                try await eventually("the other, which nobody counts on, is adopted and removed") {
                    try PosixFileSystem().names(in: folder.path + "/shares").sorted() == ["stratum-1", "stratum-2"]
                }
                #expect(await one.desk.reports().count == 1)
            }
        }
    }

    @Test func `a server that has lost all who held its shares goes on without replicas, and with them again`()
        async throws
    {
        let folders = try (1...4).map { _ in try TemporaryFolder("spool") }
        try await withMesh { scene in
            try await Self.withServer("stratum-1", in: scene, replicas: 1, folders[0]) {
                $0.replication.replaceAfter = .milliseconds(200)
            } _: { one, _ in
                try await Self.withServer("stratum-2", in: scene, replicas: 1, folders[1]) { two, _ in
                    try await eventually(within: .seconds(30), "shares are recorded") {
                        await one.record(ShareQueueTests.share(1)) == .recorded
                    }
                    #expect(await two.record(ShareQueueTests.share(2)) == .recorded)
                }
                // The second is lost with its disk. Whoever comes in its place is not taken in: of two, both have to agree.
                try await Self.withServer("stratum-2", in: scene, replicas: 1, folders[2]) { _, _ in
                    for _ in 0..<2 {
                        guard case .refused = await one.record(ShareQueueTests.share(3)) else {
                            Issue.record("a share was recorded with nobody to hold it")
                            return
                        }
                    }
                }
            }
            try await Self.withServer("stratum-1", in: scene, folders[0]) {
                $0.configuration.dedupeWindow = .milliseconds(100)
            } _: { one, _ in
                #expect(await one.record(ShareQueueTests.share(4)) == .recorded)
                try await eventually("what was there is served too") { await one.desk.reports().count == 2 }
                let found = try await one.desk.export("shares", after: nil, limit: nil).entries.map(\.id)
                #expect(Set(found).isSuperset(of: [1, 2, 4].map { Hex.encode(ShareQueueTests.share($0).hash) }))
                try await eventually("it is removed once it is counted") {
                    for origin in await one.desk.reports().flatMap(\.origins) {
                        _ = try? await one.desk.complete(
                            origin.origin, of: "shares", through: origin.acknowledgedThrough)
                    }
                    return try PosixFileSystem().names(in: folders[0].path + "/shares") == ["stratum-1.2"]
                }
            }
            try await Self.withServer("stratum-1", in: scene, replicas: 1, folders[0]) { one, _ in
                try await Self.withServer("stratum-2", in: scene, replicas: 1, folders[3]) { _, _ in
                    try await eventually(within: .seconds(30), "shares are held by two again") {
                        await one.record(ShareQueueTests.share(5)) == .recorded
                    }
                }
            }
        }
    }
}
