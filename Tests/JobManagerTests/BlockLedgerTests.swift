internal import AsyncHTTPClient
internal import CoinDaemon
internal import EventLoop
internal import Logging
internal import Mining
internal import Redis
internal import TestSupport
internal import Testing

@testable internal import jobmanager

/// Blocks in a real Redis, and in a real chain.
@Suite struct BlockLedgerTests {
    private func outcome(
        _ hash: String, _ outcome: BlockVerdict.Outcome, height: Int = 1, _ reasons: [String: String] = [:]
    ) throws -> BlockOutcome {
        let job = try JobSamples.job(1)
        var result = BlockOutcome(
            AssembledBlock(job: job, hash: hash, bytes: ""),
            BlockVerdict(hash: hash, outcome: outcome, reasons: reasons))
        result.height = height
        return result
    }

    private func withLedger(_ body: @Sendable (RedisBlockLedger, RedisClient) async throws -> Void) async throws {
        let server = try await RedisServer.start()
        let loop = try EventLoop(logger: .silent)
        let configuration = RedisConfiguration(url: try RedisURL(server.url))
        try await withRedisClient(configuration, loop: loop, logger: .silent) { redis in
            try await redis.waitUntilConnected(within: .seconds(10))
            try await body(RedisBlockLedger(redis: redis, namespace: "test"), redis)
        }
    }

    @Test func `of several outcomes of a block the better one stays, and what each daemon said`() async throws {
        try await withLedger { ledger, redis in
            func field(_ name: String) async throws -> String? {
                try await redis.send(["HGET", "{test}:block:aa", RedisArgument(name)]).string
            }
            try await ledger.record(outcome("aa", .undecided, ["d1": "no answer"]))
            try await ledger.record(outcome("aa", .accepted, ["d2": "accepted"]))
            try await ledger.record(outcome("aa", .rejected, ["d1": "bad-x"]))
            #expect(try await field("outcome") == "accepted")
            #expect(try await field("reasons").map { $0.contains("bad-x") && $0.contains("d2") } == true)
            let expiry = try await redis.send(["PTTL", "{test}:block:aa"]).integer ?? 0
            #expect(expiry > 29 * 86_400_000)
            #expect(try await ledger.open() == [OpenBlock(hash: "aa", height: 1, outcome: .accepted)])

            // From here on the chain alone decides.
            #expect(try await ledger.follow(.init(hash: "aa", outcome: .orphaned, confirmations: -1)) == .accepted)
            try await ledger.record(outcome("aa", .accepted))
            #expect(try await field("outcome") == "orphaned")
            let end = BlockUpdate(hash: "aa", outcome: .accepted, confirmations: 100, end: .mature)
            #expect(try await ledger.follow(end) == .orphaned)
            #expect(try await ledger.follow(end) == nil)
            #expect(try await field("mature") == "1")
            #expect(try await ledger.open().isEmpty)
            try await ledger.record(outcome("aa", .accepted))
            #expect(try await ledger.open().isEmpty)
        }
    }

    @Test func `what is listed is bounded, and a rejected block is not followed`() async throws {
        try await withLedger { ledger, redis in
            for height in 1...3 { try await ledger.record(outcome("a\(height)", .accepted, height: height)) }
            try await ledger.record(outcome("bb", .rejected, height: 9))
            #expect(try await ledger.open().map(\.hash) == ["a1", "a2", "a3"])
            let listed = try await redis.send(["ZRANGE", "{test}:blocks", 0, -1]).array?.compactMap(\.string)
            #expect(listed == ["a1", "a2", "a3", "bb"])
            // One whose hash has expired is forgotten.
            _ = try await redis.send(["DEL", "{test}:block:a2"])
            #expect(try await ledger.open().map(\.hash) == ["a1", "a3"])
            #expect(try await redis.send(["ZCARD", "{test}:blocks:open"]).integer == 2)
        }
    }

    @Test func `a block is followed until it is mature, and through a reorganisation`() async throws {
        let network = try await LitecoinNetwork.start(nodes: 1, waitsForTemplates: false)
        let node = network.nodes[0]
        try await withHTTPClient { http in
            let client = CoinDaemonClient(try DaemonEndpoint(parsing: node.address), http: http)
            let mined = try node.generate()[0]
            try await withLedger { ledger, _ in
                let followers = (0..<2).map { _ in
                    BlockFollower(daemons: [client], ledger: ledger, interval: .seconds(1), logger: .silent)
                }
                try await ledger.record(outcome(mined, .undecided))
                try await ledger.record(outcome(String(repeating: "0", count: 64), .undecided))
                for follower in followers { try await follower.look() }
                #expect(try await ledger.open().last?.outcome == .accepted)
                #expect(try await ledger.open().last?.confirmations == 1)

                // The chain goes on without it, then with it again.
                let _: Nothing = try node.call("invalidateblock", "[\"\(mined)\"]")
                // To another script: in the same second it would be the same block again.
                let _: [String] = try node.call("generatetodescriptor", #"[2, "raw(52)"]"#)
                let _: Nothing = try node.call("reconsiderblock", "[\"\(mined)\"]")
                for follower in followers { try await follower.look() }
                #expect(try await ledger.open().last?.outcome == .orphaned)
                #expect(try await ledger.open().last?.confirmations == -1)
                let rival = try await client.blockHash(at: 1)
                let _: Nothing = try node.call("invalidateblock", "[\"\(rival)\"]")
                for follower in followers { try await follower.look() }
                #expect(try await ledger.open().last?.outcome == .accepted)

                try node.generate(98)
                try await followers[0].look()
                #expect(try await ledger.open().last?.confirmations == 99)
                try node.generate(3)
                await withTaskGroup(of: Void.self) { group in
                    for follower in followers { group.addTask { try? await follower.look() } }
                }
                #expect(try await ledger.open().isEmpty, "mature, and the one that nobody has is buried")
            }
        }
    }

    @Test func `of several daemons the one with the most work is believed, and one that fails is passed over`()
        async throws
    {
        async let first = LitecoinNetwork.start(nodes: 1, waitsForTemplates: false)
        async let second = LitecoinNetwork.start(nodes: 1, waitsForTemplates: false)
        // Two chains of their own: the preferred daemon is left behind.
        let (stuck, ahead) = (try await first.nodes[0], try await second.nodes[0])
        let hung = try RawServer(.hang)
        try await withHTTPClient { http in
            let limits = CoinDaemonClient.Configuration(callDeadline: .seconds(2))
            let addresses = ["http://user:password@127.0.0.1:\(hung.port)", stuck.address, ahead.address]
            let clients = try addresses.map {
                CoinDaemonClient(try DaemonEndpoint(parsing: $0), http: http, configuration: limits)
            }
            try stuck.generate()
            let mined = try ahead.generate(2)[1]
            try await withLedger { ledger, _ in
                let follower = BlockFollower(daemons: clients, ledger: ledger, interval: .seconds(1), logger: .silent)
                try await ledger.record(outcome(mined, .undecided))
                try await follower.look()
                #expect(try await ledger.open().last?.outcome == .accepted)
                #expect(try await ledger.open().last?.confirmations == 1)

                let alone = BlockFollower(
                    daemons: [clients[0]], ledger: ledger, interval: .seconds(1), logger: .silent)
                await #expect(throws: CoinDaemonError.self) { try await alone.look() }
            }
        }
    }

    /// The answer null.
    private struct Nothing: Decodable {
        init(from decoder: any Decoder) throws {}
    }
}
