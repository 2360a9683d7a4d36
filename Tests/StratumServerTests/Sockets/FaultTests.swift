internal import Mining
internal import ServiceKit
internal import Stratum
internal import TestSupport
internal import Testing

@testable internal import stratum

/// Bad input and silence over real sockets: an error with the standard code or the connection's end, never the server's.
@Suite(.serialized, .timeLimit(.minutes(1))) struct FaultTests {
    /// The server serves a new miner as if nothing had been.
    private func expectToServe(_ scene: ServerScene) async throws {
        let miner = try await scene.miningMiner()
        #expect(try await miner.reply(to: try miner.submit(nonce: .random(in: 0...(.max)))).isTrue)
    }

    @Test(arguments: [
        "garbage", "{", "[]", "17", #""text""#, "null", #"{"id":1}"#, #"{"id":1,"method":7,"params":[]}"#,
        #"{"id":1,"method":"mining.submit","params":{"a":1}}"#, #"{"id":1,"method":"mining.submit","params":"x"}"#,
        #"{"id":1,"method":"mining.authorize","params":[1,2]}"#, #"{"id":1,"method":"mining.authorize","params":[]}"#,
        #"{"id":1,"method":"mining.subscribe","params":[[],{}]}"#, #"{"id":1,"method":"no.such.method","params":[]}"#,
        #"{"id":1,"method":"mining.suggest_difficulty","params":[-1]}"#,
        #"{"id":1,"method":"mining.suggest_difficulty","params":[NaN]}"#,
        #"{"id":1,"method":"mining.suggest_difficulty","params":["nan"]}"#,
        #"{"id":1,"method":"mining.suggest_difficulty","params":[1e999]}"#,
        #"{"id":1,"method":"mining.configure","params":[["minimum-difficulty"],{"minimum-difficulty.value":-5}]}"#,
        #"{"id":1,"method":"mining.get_transactions","params":["x"]}"#,
        #"{"id":1,"method":"mining.\#u{0}submit","params":[]}"#, "\u{FEFF}{}", "{\"id\":1,\"method\":\"\\ud800\"}",
    ])
    func aLineThatMakesNoSenseGetsAnErrorAndTheConnectionLives(_ line: String) async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            miner.send(line)
            let reply = try await miner.first("an error") { $0.errorCode != nil }
            #expect([20, 24, 25].contains(reply.errorCode))
            #expect(!reply.errorText.isEmpty)
            try await miner.logIn()
            _ = try await miner.notification("mining.notify")
            #expect(try await miner.reply(to: try miner.submit(nonce: 1)).isTrue)
        }
    }

    @Test func bytesThatAreNoTextGetAnError() async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            miner.send(raw: [0xff, 0xfe, 0x00, 0x80, 0x0a])
            #expect(try await miner.first("an error") { $0.errorCode != nil }.errorCode == 20)
            try await miner.logIn()
        }
    }

    @Test func linesOfGarbageEndTheConnection() async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            for _ in 0..<100 { miner.send("garbage") }
            try await miner.waitUntilClosed()
            #expect(miner.messages.contains { $0.errorCode == 20 })
            try await expectToServe(scene)
        }
    }

    @Test func deepNestingIsRefused() async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            let deep = String(repeating: "[", count: 4000) + String(repeating: "]", count: 4000)
            miner.send(#"{"id":1,"method":"mining.submit","params":\#(deep)}"#)
            #expect(try await miner.first("an error") { $0.errorCode != nil }.errorCode == 20)
            try await miner.logIn()
        }
    }

    @Test func halfLinesAreWaitedFor() async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            for byte in #"{"id":1,"method":"mining.subscribe","params":[]}"#.utf8 {
                try await miner.sendAll(raw: [byte])
            }
            #expect(miner.lines.isEmpty)
            miner.send(raw: [0x0d, 0x0a])
            #expect(try await miner.reply(to: 1).extranonce1.count == 16)
            // Half a line is nobody's reason to wait at the end.
            miner.send(raw: Array(#"{"id":2,"#.utf8))
            try await miner.close()
            try await eventually("the connection is gone") { try await scene.server.summary().connections == 0 }
        }
    }

    @Test func aLineOfTheLimitIsTakenAndALongerOneEndsTheConnection() async throws {
        try await withServer { scene in
            let request = #"{"id":1,"method":"mining.subscribe","params":[]}"#
            let longest = request + String(repeating: " ", count: (16 << 10) - request.utf8.count)
            let miner = try await scene.miner()
            miner.send(longest)
            #expect(try await miner.reply(to: 1).extranonce1.count == 16)
            miner.send(longest + " ")
            #expect(try await miner.first("an error") { $0.errorCode != nil }.errorCode == 20)
            try await miner.waitUntilClosed()
        }
    }

    @Test func aLineWithoutEndDoesNotFillTheMemory() async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            let megabyte = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
            // A gigabyte is meant; the connection has to end long before.
            var sent = 0
            while sent < 1024, !miner.isClosed {
                do {
                    try await miner.sendAll(raw: megabyte)
                    sent += 1
                } catch {
                    break
                }
            }
            #expect(sent < 64)
            try await miner.waitUntilClosed()
            try await expectToServe(scene)
        }
    }

    @Test func sharesBeforeTheirTimeAreRefused() async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            let submit = #"["address.rig","0","00000000","00000000","00000000"]"#
            #expect(try await miner.reply(to: miner.request("mining.submit", submit)).errorCode == 25)
            _ = try await miner.reply(to: miner.request("mining.subscribe", "[]"))
            #expect(try await miner.reply(to: miner.request("mining.submit", submit)).errorCode == 24)
            #expect(try await miner.reply(to: miner.request("mining.authorize", #"["address.rig","x"]"#)).isTrue)
            #expect(try await miner.reply(to: miner.request("mining.submit", submit)).errorCode == 21)
            _ = try await miner.notification("mining.notify")
            #expect(try await miner.reply(to: try miner.submit(nonce: 1, worker: "other")).errorCode == 24)
            #expect(try await miner.reply(to: try miner.submit(nonce: 1, time: "ffffffff")).errorCode == 20)
            #expect(try await miner.reply(to: try miner.submit(nonce: 1, time: "xyz")).errorCode == 20)
        }
    }

    @Test func aShareOfTheLastBlocksJobIsStale() async throws {
        try await withServer { scene in
            let miner = try await scene.miningMiner()
            let old = try await miner.notification("mining.notify")
            scene.feed.take(try Samples.job(tip: 2), from: "jobmanager-1")
            #expect(try await miner.notification("mining.notify", count: 2).isClean)
            #expect(try await miner.reply(to: try miner.submit(nonce: 1, job: old.text(0))).errorCode == 21)
            #expect(scene.kept.all.shares.map(\.outcome) == [.stale])
        }
    }

    @Test func aJobThatNobodyStandsBehindForTooLongIsRefusedAsStale() async throws {
        try await withServer(job: nil, { $0.session.jobAge = .seconds(3) }) { scene in
            let miner = try await scene.miner()
            try await miner.logIn()
            scene.feed.take(try Samples.job(), from: "jobmanager-1")
            _ = try await miner.notification("mining.notify")
            #expect(try await miner.reply(to: try miner.submit(nonce: 1)).isTrue)
            try await eventually("the job is too old") {
                scene.server.parts.board.current(now: .now) == nil
            }
            try await eventually("the connection waits") { try await scene.server.summary().waiting == 1 }
            #expect(try await miner.reply(to: try miner.submit(nonce: 2)).errorCode == 21)
            // A new miner waits, and is told nothing wrong.
            let other = try await scene.miner()
            try await other.logIn()
            #expect(try await other.reply(to: other.request("mining.ping", "[]")).errorCode == nil)
            #expect(!other.messages.contains { $0.method == "mining.notify" })
            scene.feed.take(try Samples.job(2), from: "jobmanager-1")
            _ = try await other.notification("mining.notify")
            _ = try await miner.notification("mining.notify", count: 2)
        }
    }

    @Test func withoutAJobMinersWaitAndTheServerSaysSo() async throws {
        try await withServer(job: nil) { scene in
            let miner = try await scene.miner()
            try await miner.logIn()
            try await eventually("it waits") { try await scene.server.summary().waiting == 1 }
            #expect(scene.readiness.notReady.map(\.name) == ["jobs"])
            #expect(scene.feed.state.hasPrefix("waiting: no job yet: no jobmanager is there"))
            scene.feed.take(try Samples.job(), from: "jobmanager-1")
            _ = try await miner.notification("mining.notify")
            #expect(scene.readiness.notReady.isEmpty)
            #expect(try await miner.reply(to: try miner.submit(nonce: 1)).isTrue)
        }
    }

    @Test func aJobThatCannotBeMinedIsLeftOut() async throws {
        try await withServer { scene in
            let miner = try await scene.miningMiner()
            var broken = try Samples.job(2)
            broken.payouts = []
            scene.feed.take(broken, from: "jobmanager-2")
            scene.feed.take(try Samples.job(3), from: "jobmanager-1")
            let second = try await miner.notification("mining.notify", count: 2)
            #expect(!second.isClean)
            #expect(scene.server.parts.board.latest?.work.jobID == (try Samples.job(3).id))
        }
    }

    @Test func whoDoesNotLogInIsDisconnected() async throws {
        try await withServer({ $0.handshakeTimeout = .seconds(3) }) { scene in
            let silent = try await scene.miner()
            let half = try await scene.miner()
            _ = try await half.reply(to: half.request("mining.subscribe", "[]"))
            let miner = try await scene.miningMiner()
            try await silent.waitUntilClosed()
            try await half.waitUntilClosed()
            #expect(try await miner.reply(to: try miner.submit(nonce: 1)).isTrue)
        }
    }

    @Test func whoSaysNothingIsDisconnected() async throws {
        try await withServer({ $0.idleTimeout = .seconds(2) }) { scene in
            let miner = try await scene.miningMiner()
            try await miner.waitUntilClosed()
            // It was asked for a sign of life before, and would have had time for one.
            #expect(miner.messages.count { $0.method == "mining.ping" } == 1)
        }
    }

    @Test func aSignOfLifeKeepsASilentMiner() async throws {
        try await withServer({ $0.idleTimeout = .seconds(2) }) { scene in
            let miner = try await scene.miningMiner()
            for count in 1...2 {
                let ping = try await miner.notification("mining.ping", count: count)
                miner.send(#"{"id":\#(ping.id ?? 0),"result":"pong","error":null}"#)
            }
            _ = try await miner.notification("mining.ping", count: 3)
            #expect(!miner.isClosed)
        }
    }

    @Test func whenTheHashingThreadsHaveEnoughToDoSharesAreAnsweredAsBusy() async throws {
        try await withServer({ $0.hashQueue = 1 }) { scene in
            let miner = try await scene.miningMiner()
            var ids: [Int] = []
            for nonce: UInt32 in 0..<100 { ids.append(try miner.submit(nonce: nonce)) }
            _ = try await miner.reply(to: try #require(ids.last))
            let replies = miner.messages.filter { $0.method == nil && ids.contains($0.id ?? 0) }
            #expect(replies.map(\.id) == ids)
            #expect(replies.contains { $0.isTrue })
            let busy = replies.filter { $0.errorCode == 20 }
            #expect(!busy.isEmpty && busy.allSatisfy { $0.errorText.hasPrefix("busy: ") })
            // That is not the miner's fault.
            #expect(scene.server.parts.guardian.bansInForce(now: .now).isEmpty)
        }
    }

    @Test func whereNoShareWillBeRecordedMinersAreSentElsewhere() async throws {
        let shares = HeldShareSink()
        try await withServer(shares: shares) { scene in
            let miner = try await scene.miningMiner()
            shares.fail()
            _ = try await miner.notification("client.reconnect")
            try await miner.waitUntilClosed()
            #expect(scene.server.addresses.isEmpty)
            #expect(
                scene.readiness.notReady.contains { $0.name == "listening" && $0.reason.contains("disk has failed") })
        }
    }

    @Test func aFloodOfSharesIsReadOnlyAsFastAsItIsChecked() async throws {
        try await withServer { scene in
            let miner = try await scene.miningMiner()
            for nonce: UInt32 in 0..<2000 { try miner.submit(nonce: nonce) }
            let last = try miner.submit(nonce: 2000)
            // Another miner is served meanwhile.
            let other = try await scene.miningMiner()
            #expect(try await other.reply(to: try other.submit(nonce: 1)).isTrue)
            #expect(try await miner.reply(to: last, within: .seconds(30)).isTrue)
            #expect(miner.messages.count { $0.isTrue } == 2002)
        }
    }
}
