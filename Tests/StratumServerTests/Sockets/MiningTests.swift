internal import Mining
internal import TestSupport
internal import Testing

@testable internal import stratum

/// The golden path over real sockets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct MiningTests {
    @Test func aMinerSubscribesAuthorizesAndHasASharesAccepted() async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            let subscription = try await miner.reply(to: miner.request("mining.subscribe", #"["test/1"]"#))
            #expect(subscription.extranonce1.count == 16)
            #expect(subscription.extranonce1.hasPrefix(scene.server.parts.extranonces.announced))
            let authorization = try await miner.reply(
                to: miner.request("mining.authorize", #"["address.rig","x"]"#))
            #expect(authorization.isTrue)
            let notify = try await miner.notification("mining.notify")
            #expect(notify.isClean)
            #expect(try await miner.notification("mining.set_difficulty").line.contains("[1e-05]"))
            let share = try await miner.reply(to: try miner.submit(nonce: 1))
            #expect(share.isTrue)
            let again = try await miner.reply(to: try miner.submit(nonce: 1))
            #expect(again.errorCode == 22)
            let kept = scene.kept.all
            #expect(kept.shares.map(\.outcome) == [.accepted, .duplicate])
            #expect(kept.shares.allSatisfy { $0.worker == "address.rig" && $0.difficulty == 0.00001 })
            #expect(kept.shares.first?.hash?.count == 64)
            #expect(kept.blocks.isEmpty)
        }
    }

    @Test func aConnectionIsToldOfFromBeginningToEnd() async throws {
        try await withServer { scene in
            let miner = try await scene.miningMiner()
            #expect(try await miner.reply(to: try miner.submit(nonce: 1)).isTrue)
            try await eventually("the connection is told of") { !scene.kept.all.connected.isEmpty }
            try await miner.close()
            try await eventually("the end is told of") { !scene.kept.all.disconnected.isEmpty }
            let kept = scene.kept.all
            let info = try #require(kept.disconnected.first)
            #expect(kept.connected.map(\.id) == [info.id])
            #expect(info.address == "127.0.0.1" && info.worker == "address.rig" && info.agent == "test/1")
            #expect(info.accepted == 1 && info.lastShareMilliseconds == 1_700_000_000_000)
            #expect(info.listener.hasPrefix("127.0.0.1:"))
            #expect(try await scene.server.summary().connections == 0)
        }
    }

    @Test func aShareThatSolvesABlockGoesToTheSinkWithAllThatTheBlockNeeds() async throws {
        try await withServer(job: try Samples.job(bits: Samples.everySecondHash)) { scene in
            let miner = try await scene.miningMiner()
            for nonce: UInt32 in 0..<64 where scene.kept.all.blocks.isEmpty {
                _ = try await miner.reply(to: try miner.submit(nonce: nonce))
            }
            let block = try #require(scene.kept.all.blocks.first)
            #expect(block.worker == "address.rig" && block.height == block.job.template.height)
            #expect(block.hash == BlockAssembly.hash(header: block.header))
            let bytes = try BlockAssembly.block(block.job, header: block.header, coinbase: block.coinbase)
            #expect(bytes.starts(with: block.header))
            #expect(scene.kept.all.shares.contains { $0.isBlock && $0.hash == block.hash })
            #expect(scene.server.parts.statistics.blocks >= 1)
        }
    }

    @Test func aShareAboveItsTargetIsRefused() async throws {
        try await withServer(listen: "127.0.0.1:0?d=1000&min=1000", job: try Samples.job(bits: "1a0fffff")) { scene in
            let miner = try await scene.miningMiner()
            #expect(try await miner.reply(to: try miner.submit(nonce: 1)).errorCode == 23)
            #expect(scene.kept.all.shares.map(\.outcome) == [.lowDifficulty])
        }
    }

    @Test func repliesComeInTheOrderOfTheRequests() async throws {
        try await withServer({ $0.hashThreads = 2 }) { scene in
            let miner = try await scene.miningMiner()
            var expected: [Int] = []
            for nonce: UInt32 in 0..<200 {
                expected.append(try miner.submit(nonce: nonce))
                expected.append(miner.request("mining.ping", "[]"))
            }
            _ = try await miner.reply(to: try #require(expected.last))
            let ids = miner.messages.filter { $0.method == nil }.compactMap(\.id).filter { expected.contains($0) }
            #expect(ids == expected)
        }
    }

    @Test func aMinerThatComesBackHasItsExtranonceAndItsJobs() async throws {
        try await withServer { scene in
            let first = try await scene.miningMiner()
            let notify = try await first.notification("mining.notify")
            let extranonce = try #require(first.messages.first { !$0.extranonce1.isEmpty }).extranonce1
            try await first.close()
            try await eventually("the session is kept") { scene.server.parts.vault.count == 1 }
            let second = try await scene.miner()
            let reply = try await second.reply(to: second.request("mining.subscribe", #"["test/1","\#(extranonce)"]"#))
            #expect(reply.extranonce1 == extranonce)
            #expect(try await second.reply(to: second.request("mining.authorize", #"["address.rig","x"]"#)).isTrue)
            _ = try await second.notification("mining.notify")
            #expect(try await second.reply(to: try second.submit(nonce: 7, job: notify.text(0))).isTrue)
            // It is handed out once.
            let third = try await scene.miner()
            let other = try await third.reply(to: third.request("mining.subscribe", #"["test/1","\#(extranonce)"]"#))
            #expect(other.extranonce1 != extranonce)
        }
    }

    /// What it submitted before it hung up is known, and nothing is taken behind that.
    @Test func hangingUpCountsNoShareTwice() async throws {
        try await withServer { scene in
            let first = try await scene.miningMiner()
            let job = try await first.notification("mining.notify")
            let extranonce = try #require(first.messages.first { !$0.extranonce1.isEmpty }).extranonce1
            let shares = (0..<400 as Range<UInt32>).map { nonce in
                #"{"id":\#(nonce + 10),"method":"mining.submit","params":["address.rig","\#(job.text(0))","00000000","#
                    + #""\#(job.text(7))","\#(Samples.hex(nonce))"]}"# + "\n"
            }
            try await first.sendAll(raw: shares.flatMap { Array($0.utf8) })
            try await first.close()
            try await eventually("the session is kept") { scene.server.parts.vault.count == 1 }
            let second = try await scene.miner()
            _ = try await second.reply(to: second.request("mining.subscribe", #"["test/1","\#(extranonce)"]"#))
            _ = try await second.reply(to: second.request("mining.authorize", #"["address.rig","x"]"#))
            try await second.sendAll(raw: shares.flatMap { Array($0.utf8) })
            _ = try await second.reply(to: 409, within: .seconds(30))
            try await eventually("every share is answered") { scene.server.parts.hashing.load == 0 }
            let hashes = scene.kept.all.shares.compactMap(\.hash)
            #expect(hashes.count == 400 && Set(hashes).count == 400)
        }
    }

    @Test func anExtranonceThatAnotherServerHasTooIsGivenUp() async throws {
        try await withServer { scene in
            let (able, unable) = (try await scene.miningMiner(), try await scene.miningMiner())
            #expect(try await able.reply(to: able.request("mining.extranonce.subscribe", "[]")).isTrue)
            let extranonces = scene.server.parts.extranonces
            let lost = extranonces.process
            #expect(extranonces.avoid([lost]))
            #expect(
                try await able.notification("mining.set_extranonce").text(0).hasPrefix(extranonces.announced))
            #expect(try await !able.notification("mining.notify", count: 2).isClean)
            #expect(try await able.reply(to: try able.submit(nonce: 1)).isTrue)
            // One that takes no other connects once more, and its old one does not come back either.
            try await unable.waitUntilClosed()
            let old = try #require(unable.messages.first { !$0.extranonce1.isEmpty }).extranonce1
            try await eventually("the session is kept") { scene.server.parts.vault.count == 1 }
            let back = try await scene.miner()
            let reply = try await back.reply(to: back.request("mining.subscribe", #"["test/1","\#(old)"]"#))
            #expect(reply.extranonce1.hasPrefix(extranonces.announced))
        }
    }

    @Test func aMinerIsAskedWhatItIs() async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            _ = try await miner.reply(to: miner.request("mining.subscribe", "[]"))
            _ = try await miner.reply(to: miner.request("mining.authorize", #"["address.rig","x"]"#))
            let question = try await miner.notification("client.get_version")
            miner.send(#"{"id":\#(try #require(question.id)),"result":"cpuminer/2.5","error":null}"#)
            try await eventually("the answer is told of") {
                (scene.kept.all.connected + scene.kept.all.updated).contains { $0.agent == "cpuminer/2.5" }
            }
        }
    }

    @Test func whatAPortGivesAPasswordOverrides() async throws {
        try await withServer(
            listen: "127.0.0.1:0?d=4&min=1&max=64,127.0.0.1:0?d=32", job: try Samples.job(bits: "1a0fffff")
        ) {
            scene in
            let ports = scene.server.addresses.map(\.port)
            #expect(Set(ports).count == 2)
            for (port, password, difficulty) in [
                (ports[0], "x", 4), (ports[0], "d=16", 16), (ports[0], "d=1000", 64), (ports[1], "x", 32),
            ] {
                let miner = try await TestMiner.connect(port: port)
                try await miner.logIn(password: password)
                let line = try await miner.notification("mining.set_difficulty").line
                #expect(line.contains("[\(difficulty)]"))
            }
        }
    }

    @Test func severalServersListenOnOnePort() async throws {
        let port = try FreePort.pick()
        try await withServer(listen: "127.0.0.1:\(port)") { first in
            try await withServer(listen: "127.0.0.1:\(port)") { second in
                var extranonces: Set<String> = []
                for _ in 0..<32 {
                    let miner = try await first.miner()
                    extranonces.insert(
                        String(try await miner.reply(to: miner.request("mining.subscribe", "[]")).extranonce1.prefix(8))
                    )
                }
                #expect(
                    extranonces == [
                        first.server.parts.extranonces.announced, second.server.parts.extranonces.announced,
                    ])
            }
        }
    }
}
