internal import Mining
internal import Stratum
internal import TestSupport
internal import Testing

@testable internal import stratum

/// New work for many, slow ones among them.
@Suite(.serialized, .timeLimit(.minutes(1))) struct BroadcastTests {
    @Test func twoHundredConnectionsGetANewTip() async throws {
        try await withServer({ $0.loopThreads = 2 }) { scene in
            var miners: [TestMiner] = []
            for _ in 0..<200 { miners.append(try await scene.miningMiner()) }
            #expect(try await scene.server.summary().mining == 200)
            scene.feed.take(try Samples.job(tip: 2), from: "jobmanager-2")
            for miner in miners { #expect(try await miner.notification("mining.notify", count: 2).isClean) }
            scene.feed.take(try Samples.job(2, tip: 2), from: "jobmanager-2")
            for miner in miners { #expect(try await !miner.notification("mining.notify", count: 3).isClean) }
            // Every connection has job ids and an extranonce of its own.
            #expect(
                Set(miners.flatMap { $0.messages.filter { $0.method == "mining.notify" }.map { $0.text(0) } }).count
                    == 600)
            let extranonces = miners.compactMap { $0.messages.first { !$0.extranonce1.isEmpty }?.extranonce1 }
            #expect(Set(extranonces).count == 200)
        }
    }

    @Test func aJobOfTheSameHeightOnAnotherBlockIsClean() async throws {
        try await withServer { scene in
            let miner = try await scene.miningMiner()
            let (first, second) = (try Samples.job(tip: 1), try Samples.job(tip: 2))
            #expect(first.template.height == second.template.height)
            scene.feed.take(second, from: "jobmanager-1")
            #expect(try await miner.notification("mining.notify", count: 2).isClean)
        }
    }

    @Test func aMinerThatDoesNotReadIsDroppedAndDelaysNobody() async throws {
        try await withServer({
            $0.sendTimeout = .milliseconds(500)
            $0.sendBufferBytes = 4096
        }) { scene in
            let slow = try await scene.miner(receiveBuffer: 4096)
            try await slow.logIn()
            _ = try await slow.notification("mining.notify")
            let quick = try await scene.miningMiner()
            try await slow.setReading(false)
            var jobs = 1
            try await eventually(within: .seconds(20), "the slow one is dropped") {
                jobs += 1
                scene.feed.take(try Samples.job(jobs), from: "jobmanager-1")
                let start = ContinuousClock.now
                _ = try await quick.notification("mining.notify", count: jobs)
                #expect(ContinuousClock.now - start < .seconds(2))
                return try await scene.server.summary().connections == 1
            }
            #expect(try await quick.reply(to: try quick.submit(nonce: 1)).isTrue)
        }
    }

    @Test func aMinerThatAsksAndDoesNotReadIsDroppedAtTheBound() async throws {
        try await withServer({
            $0.sendTimeout = .seconds(60)
            $0.sendBufferBytes = 4096
            $0.pendingBytes = 32 << 10
        }) { scene in
            let slow = try await scene.miner(receiveBuffer: 4096)
            try await slow.logIn()
            try await slow.setReading(false)
            // An unread connection takes no more at some point, or ends: both are fine for the sender of these.
            for _ in 0..<50_000 { slow.request("mining.ping", "[]") }
            try await eventually(within: .seconds(20), "the slow one is dropped") {
                try await scene.server.summary().connections == 0
            }
            _ = try await scene.miningMiner()
        }
    }
}
