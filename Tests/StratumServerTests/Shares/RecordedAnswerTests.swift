internal import DurableQueue
internal import Mining
internal import TestSupport
internal import Testing

@testable internal import stratum

/// What miners are answered, and when, with real sockets.
@Suite(.timeLimit(.minutes(1))) struct RecordedAnswerTests {
    @Test func `an accepted share is answered once it is recorded, in the order of the requests`() async throws {
        let sink = HeldShareSink()
        try await withServer(shares: sink) { scene in
            let miner = try await scene.miningMiner()
            let first = try miner.submit(nonce: 1)
            let second = try miner.submit(nonce: 2)
            let third = miner.request("mining.extranonce.subscribe", "[]")
            try await eventually("both are to be recorded") { sink.pending == 2 }
            #expect(Set(sink.shares.map(\.hash)).count == 2)
            let share = try #require(sink.shares.first)
            #expect(share.worker == "address.rig" && share.height == 523 || share.height > 0)
            #expect(share.timeMilliseconds == 1_700_000_000_000 && !share.isBlock)
            // The one behind, first: nothing may be answered before what was asked before.
            let isFirst = sink.shares[0].hash != sink.shares[1].hash
            #expect(isFirst)
            sink.decide(.recorded, at: 1)
            let other = try await scene.miningMiner(worker: "address.other")
            #expect(!miner.messages.contains { $0.id == third && $0.method == nil })
            sink.decide(.recorded)
            for id in [first, second, third] { _ = try await miner.reply(to: id) }
            let order = miner.messages.compactMap { $0.method == nil ? $0.id : nil }.suffix(3)
            #expect(Array(order) == [first, second, third])
            #expect(miner.messages.filter { $0.id == first || $0.id == second }.allSatisfy { $0.isTrue })
            try await other.close()
        }
    }

    @Test func `a share that is not recorded is refused, may be sent again, and bans nobody`() async throws {
        let sink = HeldShareSink()
        try await withServer(shares: sink) {
            $0.bans.floodLimit = 3
        } _: { scene in
            let miner = try await scene.miningMiner()
            for _ in 0..<6 {
                let id = try miner.submit(nonce: 7)
                try await eventually("it is to be recorded") { sink.pending == 1 }
                sink.decide(.refused("the pool's queue is full; submit it again later"))
                let reply = try await miner.reply(to: id)
                #expect(reply.errorCode == 20)
                #expect(reply.errorText == "share not recorded: the pool's queue is full; submit it again later")
            }
            let id = try miner.submit(nonce: 7)
            try await eventually("it is to be recorded") { sink.pending == 1 }
            sink.decide(.recorded)
            #expect(try await miner.reply(to: id).isTrue)
            #expect(scene.server.parts.statistics.shares == ["unrecorded": 6, "accepted": 1])
            #expect(scene.kept.all.shares.count { $0.outcome == .unrecorded } == 6)
            #expect(scene.server.parts.guardian.bansInForce(now: .now).isEmpty)
        }
    }

    @Test func `a share that was recorded before is a duplicate, stays one, and bans nobody`() async throws {
        let sink = HeldShareSink()
        try await withServer(shares: sink) {
            $0.bans.floodLimit = 3
        } _: { scene in
            let miner = try await scene.miningMiner()
            let first = try miner.submit(nonce: 7)
            try await eventually("it is to be recorded") { sink.pending == 1 }
            sink.decide(.recordedBefore)
            #expect(try await miner.reply(to: first).errorCode == 22)
            #expect(try await miner.reply(to: try miner.submit(nonce: 7)).errorCode == 22)
            #expect(sink.shares.count == 1)
            // Those of another connection whose answers were lost.
            for nonce in 8..<16 as Range<UInt32> {
                let id = try miner.submit(nonce: nonce)
                try await eventually("it is to be recorded") { sink.pending == 1 }
                sink.decide(.recordedBefore)
                #expect(try await miner.reply(to: id).errorCode == 22)
            }
            #expect(scene.server.parts.statistics.shares == ["duplicate": 10])
            #expect(scene.server.parts.guardian.bansInForce(now: .now).isEmpty)
        }
    }

    @Test func `a share counts though its miner has gone`() async throws {
        let sink = HeldShareSink()
        try await withServer(shares: sink) { scene in
            let miner = try await scene.miningMiner()
            try miner.submit(nonce: 7)
            try await eventually("it is to be recorded") { sink.pending == 1 }
            try await miner.close()
            // The recorder hears only of connections that lived for a second.
            try await eventually("the server knows") { try await scene.server.summary().connections == 0 }
            sink.decide(.recorded)
            try await eventually("it is counted") { scene.server.parts.statistics.shares == ["accepted": 1] }
        }
    }

    @Test func `a block is passed on at once, recorded or not`() async throws {
        let sink = HeldShareSink()
        try await withServer(job: try Samples.job(bits: Samples.everySecondHash), shares: sink) { scene in
            let miner = try await scene.miningMiner()
            for nonce in 0..<20 as Range<UInt32> { try miner.submit(nonce: nonce) }
            try await eventually("a block is found") { !scene.kept.all.blocks.isEmpty }
            try await eventually("all are to be recorded") { sink.pending == 20 }
            let blocks = sink.shares.filter(\.isBlock).map { Hex.encode($0.hash) }
            #expect(Set(blocks) == Set(scene.kept.all.blocks.map(\.hash)))
            for _ in 0..<20 { sink.decide(.refused("no disk")) }
            try await eventually("all are refused") { scene.server.parts.statistics.shares == ["unrecorded": 20] }
        }
    }

    @Test func `what was answered true is on the disk when it is answered`() async throws {
        let folder = try TemporaryFolder("spool")
        try await withShareQueue(folder) { shares in
            try await withServer(shares: shares) { scene in
                let miners = [
                    try await scene.miningMiner(worker: "a.1"), try await scene.miningMiner(worker: "a.2"),
                    try await scene.miningMiner(worker: "a.3"),
                ]
                for (number, miner) in miners.enumerated() {
                    for nonce in 0..<100 as Range<UInt32> { try miner.submit(nonce: nonce, worker: "a.\(number + 1)") }
                }
                for miner in miners {
                    try await eventually(within: .seconds(30), "all are answered") {
                        miner.messages.count { $0.isTrue && $0.method == nil } >= 101
                    }
                }
                let entries = try await shares.queue.entries(of: shares.queue.store.origin, after: 0, limit: 1000)
                    .entries
                let stored = try entries.map { try PoolShare(bytes: $0.payload) }
                #expect(stored.count == 300 && Set(stored.map(\.hash)).count == 300)
                #expect(entries.map(\.header.id.text) == stored.map { Hex.encode($0.hash) })
                for number in 1...3 { #expect(stored.count { $0.worker == "a.\(number)" } == 100) }
                #expect(shares.queue.store.status.synchronizations < 300)
                let times = scene.server.parts.statistics.recordingTimes
                #expect(times.count == 300 && times.quantile(0.99) >= times.quantile(0.5))
            }
        }
    }
}
