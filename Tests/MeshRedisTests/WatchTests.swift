internal import Mesh
internal import Redis
internal import TestSupport
internal import Testing

@testable internal import MeshRedis

@Suite(.timeLimit(.minutes(1))) struct WatchTests {
    @Test func joinsUpdatesAndLeavesAreTold() async throws {
        try await withScene { scene in
            let first = try await scene.join("jobs-1")
            try await scene.watching { heard in
                #expect(heard.table == ["jobs-1": first])
                var second = try await scene.join("jobs-2", state: .starting)
                try await eventually("the join") { heard.table["jobs-2"]?.epoch == second.epoch }
                second.state = .ready
                _ = try await scene.registry.announce(second)
                try await eventually("the update") { heard.table["jobs-2"]?.state == .ready }
                try await scene.registry.leave(second.name, epoch: second.epoch)
                try await eventually("the leave") { heard.table.keys.sorted() == ["jobs-1"] }
                #expect(heard.snapshots == 1)
                #expect(heard.updates == 2)
            }
        }
    }

    @Test func aGapMeansASnapshot() async throws {
        try await withScene { scene in
            try await scene.watching { heard in
                _ = try await scene.client.send(["INCRBY", "{test}:sequence", 5])
                let record = try await scene.join("jobs-1")
                try await eventually("the snapshot after the gap") { heard.snapshots == 2 }
                #expect(heard.table == ["jobs-1": record])
            }
        }
    }

    @Test func aFlushIsSeenAndTheLivingComeBack() async throws {
        try await withScene { scene in
            let first = try await scene.join("jobs-1")
            let second = try await scene.join("jobs-2")
            try await scene.watching { heard in
                _ = try await scene.client.send(["FLUSHALL"])
                _ = try await scene.registry.announce(first)
                _ = try await scene.registry.announce(second)
                try await eventually("both are back") {
                    heard.snapshots > 1 && heard.table.keys.sorted() == ["jobs-1", "jobs-2"]
                }
                #expect(heard.losses == 0)
            }
        }
    }

    @Test func aRestartIsToldAndFollowedByASnapshot() async throws {
        try await withScene { scene in
            let record = try await scene.join("jobs-1")
            try await scene.watching { heard in
                try await scene.server.kill()
                try await eventually("the loss is told") { heard.losses == 1 }
                try await scene.server.restart()
                try await eventually("the return is told") { heard.returns == 1 }
                try await eventually("the snapshot of the empty server") { heard.snapshots == 2 }
                #expect(heard.table.isEmpty)
                try await eventually("the registry is connected") { scene.registry.status.isConnected }
                _ = try await scene.registry.announce(record)
                try await eventually("the record is back") { heard.table.keys.sorted() == ["jobs-1"] }
                #expect(heard.losses == 1)
            }
        }
    }

    @Test func aServerThatIsAwayAtTheStartIsWaitedFor() async throws {
        try await withScene { scene in
            try await scene.server.kill()
            let heard = Heard()
            try await withThrowingTaskGroup(of: Epoch?.self) { group in
                group.addTask {
                    do { try await scene.registry.watch { heard.append($0) } } catch is CancellationError {}
                    return nil
                }
                group.addTask { try await scene.registry.reserve(InstanceName(service: "jobs", instance: "jobs-1")) }
                try await eventually("the absence is told") { heard.losses == 1 }
                try await scene.server.restart()
                try await eventually("a snapshot") { heard.snapshots == 1 }
                let epoch = try await group.next()!
                #expect(epoch != nil)
                #expect(heard.returns == 1)
                group.cancelAll()
            }
        }
    }

    @Test func foreignEventsAreSkipped() async throws {
        try await withScene { scene in
            try await scene.watching { heard in
                _ = try await scene.client.send(["XADD", "{test}:events", "*", "hello", "world"])
                _ = try await scene.client.send(["XADD", "{test}:events", "*", "n", 1, "kind", "explosion"])
                _ = try await scene.client.send(["SET", "{test}:sequence", 1])
                let record = try await scene.join("jobs-1")
                try await eventually("the join behind them") { heard.table["jobs-1"]?.epoch == record.epoch }
                #expect(scene.registry.skippedRecords == 2)
            }
        }
    }

    @Test func announcingFailsWhileRedisIsAway() async throws {
        try await withScene(timeToLive: .seconds(2)) { scene in
            let record = try await scene.join("jobs-1")
            try await scene.server.kill()
            let error = await #expect(throws: RedisRegistryError.self) { _ = try await scene.registry.announce(record) }
            #expect(error?.code == .unreachable)
            #expect("\(error!)".contains("\(scene.server.port)"))
        }
    }
}
