internal import Foundation
internal import MessagePack
internal import TestSupport
internal import Testing

/// `headframe pool` on a Redis that holds what a pool writes.
@Suite(.timeLimit(.minutes(1))) struct PoolCommandTests {
    private let hash = String(repeating: "ab", count: 32)

    /// A Redis with two connections, two minutes of shares and two blocks.
    private func filledRedis() async throws -> RedisServer {
        let redis = try await RedisServer.start()
        let now = Int(Date().timeIntervalSince1970 * 1000)
        let minute = now / 60_000
        func key(_ name: String) -> String { "{pool}:\(name)" }
        try redis.command("ZADD", key("stratum"), "\(now + 60_000)", "stratum-1", "\(now - 1)", "stratum-9")
        try redis.command(
            "ZADD", key("connections:stratum-1"), "\(now + 60_000)", "01", "\(now + 60_000)", "02", "\(now - 1)", "03")
        try redis.command(
            "HSET", key("connection:stratum-1:01"), "id", "01", "address", "192.0.2.7", "listener", "127.0.0.1:3333",
            "worker", "a.1", "extranonce1", "01", "difficulty", "0.5", "since", "\(now - 5000)", "accepted", "3",
            "rejected",
            "1", "lastShare", "\(now - 1000)", "agent", "cpu\u{1b}[2J", "proxyID", "c0ffee")
        try redis.command(
            "HSET", key("connection:stratum-1:02"), "id", "02", "address", "192.0.2.8", "since", "\(now)", "difficulty",
            "1")
        try redis.command("HSET", key("connection:stratum-1:03"), "address", "192.0.2.9")
        try redis.command(
            "ZADD", key("shares"), "\(minute)", "\(minute)", "\(minute - 2)", "\(minute - 2)", "\(minute - 99)",
            "\(minute - 99)")
        try redis.command("HSET", key("shares:\(minute)"), "a.1|accepted|count", "3", "a.1|accepted|difficulty", "1.5")
        try redis.command(
            "HSET", key("shares:\(minute - 2)"), "a.1|stale|count", "1", "b|accepted|count", "2",
            "b|accepted|difficulty", "9")
        try redis.command("HSET", key("shares:\(minute - 99)"), "old|accepted|count", "1000")
        try redis.command("ZADD", key("blocks"), "10", hash, "11", "forgotten")
        try redis.command(
            "HSET", key("block:\(hash)"), "hash", hash, "height", "10", "outcome", "rejected", "reasons",
            #"{"http://127.0.0.1:9332":"high-hash"}"#, "value", "5000000000", "worker", "a.1", "found", "\(now)")
        return redis
    }

    private func run(_ redis: RedisServer, _ arguments: String...) async throws -> (
        code: Int32, output: String, errors: String
    ) {
        let process = try ChildProcess.start(
            Program.built("headframe"), ["pool"] + arguments + ["--namespace", "pool"],
            environment: ["HEADFRAME_REDIS": redis.url, "HEADFRAME_ENV_FILE": ""])
        guard case .code(let code) = try await process.waitForExit(deadline: .seconds(20)) else {
            throw TestSupportError("headframe pool \(arguments) was killed by a signal")
        }
        return (code, process.standardOutput, process.standardError)
    }

    private func json(_ redis: RedisServer, _ arguments: String...) async throws -> [MessagePackValue] {
        let process = try ChildProcess.start(
            Program.built("headframe"), ["pool"] + arguments + ["--namespace", "pool", "--json"],
            environment: ["HEADFRAME_REDIS": redis.url, "HEADFRAME_ENV_FILE": ""])
        #expect(try await process.waitForExit(deadline: .seconds(20)) == .code(0), "\(process.standardError)")
        let value = try JSONDecoder().decode(MessagePackValue.self, from: Data(process.standardOutput.utf8))
        return try #require(value.arrayValue)
    }

    @Test("Connections of live servers, none that has expired")
    func connections() async throws {
        let redis = try await filledRedis()
        let list = try await json(redis, "connections")
        #expect(list.map { $0["address"] } == ["192.0.2.7", "192.0.2.8"])
        #expect(list[0]["proxyID"] == "c0ffee" && list[0]["worker"] == "a.1" && list[0]["accepted"] == 3)
        #expect(list[1]["worker"] == .null && list[1]["lastShare"] == .null)
        let table = try await run(redis, "connections")
        #expect(table.code == 0 && table.output.contains("192.0.2.8") && !table.output.contains("\u{1b}"))
    }

    @Test("Workers with what they sent in the time asked for")
    func workers() async throws {
        let redis = try await filledRedis()
        let list = try await json(redis, "workers", "--last", "10m")
        #expect(list.map { $0["worker"] } == ["b", "a.1"])
        #expect(list[1]["accepted"] == 3 && list[1]["stale"] == 1 && list[1]["connections"] == 1)
        #expect((list[0]["hashesPerSecond"]?.doubleValue ?? 0) > 800)
        #expect(try await run(redis, "workers").output.contains("a.1"))
    }

    @Test("Shares by the minute, oldest first")
    func shares() async throws {
        let redis = try await filledRedis()
        let list = try await json(redis, "shares", "--last", "10m")
        #expect(list.map { $0["accepted"] } == [2, 3])
        #expect(list[0]["stale"] == 1 && list[0]["workers"] == 2)
        #expect(try await json(redis, "shares", "--last", "24h").count == 3)
        let table = try await run(redis, "shares")
        #expect(table.output.split(separator: "\n").count == 4)
        #expect(try await run(redis, "shares", "--last", "week").code == 64)
    }

    @Test("Blocks, the highest first, one whose record is gone included")
    func blocks() async throws {
        let redis = try await filledRedis()
        let list = try await json(redis, "blocks")
        #expect(list.map { $0["height"] } == [11, 10])
        #expect(list[0]["outcome"] == "forgotten")
        #expect(list[1]["hash"] == .string(hash) && list[1]["outcome"] == "rejected")
        #expect(list[1]["reasons"] == ["http://127.0.0.1:9332": "high-hash"])
        #expect(try await json(redis, "blocks", "--count", "1").count == 1)
        let table = try await run(redis, "blocks")
        #expect(table.output.contains(hash) && table.output.contains(" 50 "))
    }

    @Test("Accepted shares of the share log beside refused ones of the shared state")
    func sharelog() async throws {
        let (state, log) = (try await filledRedis(), try await RedisServer.start())
        let now = Int(Date().timeIntervalSince1970 * 1000)
        let minute = now / 60_000
        // The weight of a difficulty of 3 and a bit, which no double holds.
        try log.command("ZADD", "{pool}:shares", "\(minute)", "\(minute)")
        try log.command(
            "HSET", "{pool}:shares:\(minute)", "c|accepted|count", "2", "c|accepted|weight", "9007199254740993")
        try log.command("ZADD", "{pool}:shares:workers", "\(now - 5000)", "c", "\(now)", "nobody")
        let process = try ChildProcess.start(
            Program.built("headframe"), ["pool", "workers", "--namespace", "pool", "--json"],
            environment: [
                "HEADFRAME_REDIS": state.url, "HEADFRAME_REDIS_SHARELOG": log.url, "HEADFRAME_ENV_FILE": "",
            ])
        #expect(try await process.waitForExit(deadline: .seconds(20)) == .code(0), "\(process.standardError)")
        let list = try #require(
            JSONDecoder().decode(MessagePackValue.self, from: Data(process.standardOutput.utf8)).arrayValue)
        #expect(list.map { $0["worker"] } == ["c", "b", "a.1"])
        #expect(
            list[0]["accepted"] == 2 && list[0]["acceptedDifficulty"]?.doubleValue == 9_007_199_254_740_992 / 65_536)
        #expect(list[0]["lastShare"]?.stringValue != nil && list[2]["stale"] == 1)
    }

    /// Shares as they are kept one by one, each of a time after `begin` and a weight.
    private func shares(_ begin: Int, _ shares: [(after: Int, weight: Int)]) -> String {
        // Words that are text all through: the bytes below 128 stand for themselves.
        shares.map { share in
            func bytes(_ number: Int, _ count: Int) -> String {
                String(
                    String.UnicodeScalarView(
                        (0..<count).reversed().map { Unicode.Scalar(UInt8(truncatingIfNeeded: number >> (8 * $0))) }))
            }
            return bytes(begin + share.after, 6) + bytes(0, 2) + bytes(share.weight, 7)
        }.joined()
    }

    @Test("Rounds: of spans and single shares, orphans merged into the next, the newest first")
    func rounds() async throws {
        let redis = try await filledRedis()
        // Milliseconds whose bytes are all below 128.
        let begin = 0x0101_0101_0100
        let (first, orphan, last) = ("aa", "bb", "cc")
        for (hash, height, after, outcome) in [
            (first, 10, 0, "accepted"), (orphan, 11, 20, "orphaned"), (last, 12, 40, "accepted"),
        ] {
            let time = "\(begin + after)"
            try redis.command(
                "ZADD", "{pool}:rounds:blocks", "\(height)",
                String(repeating: "0", count: 15 - time.count) + time + ":" + hash)
            try redis.command("HSET", "{pool}:block:\(hash)", "outcome", outcome)
        }
        try redis.command("HSET", "{pool}:rounds:after:start", "a", "1")
        try redis.command("HSET", "{pool}:rounds:after:aa", "a", "2", "b", "340282366920938463463374607431768")
        try redis.command("ZADD", "{pool}:rounds:detail", "1", "11:5", "2", "12:5")
        try redis.command("HSET", "{pool}:rounds:detail:11:5", "a", shares(begin, [(10, 4), (21, 8)]))
        try redis.command("HSET", "{pool}:rounds:detail:12:5", "a", shares(begin, [(40, 16), (41, 32)]))

        let list = try await json(redis, "rounds")
        #expect(list.map { $0["outcome"] } == ["open", "accepted", "accepted"])
        #expect(list.map { $0["hash"] } == [.null, "cc", "aa"])
        #expect(list[0]["workers"]?[0]?["weight"] == "32")
        #expect(list[1]["orphans"] == ["bb"])
        #expect(list[1]["workers"]?[0]?["weight"] == "340282366920938463463374607431768")
        #expect(list[1]["workers"]?[1]?["weight"] == "30")
        #expect(list[2]["weight"] == "1")
        // The newest alone, without what comes before.
        let short = try await json(redis, "rounds", "--count", "2")
        #expect(short == Array(list.prefix(2)))
        #expect(try await run(redis, "rounds", "--workers").output.contains("open"))

        try redis.command("HSET", "{pool}:pplns", "a", "65536", "b", "196608")
        let window = try await json(redis, "window")
        #expect(window.map { $0["percent"]?.doubleValue } == [75, 25] && window[0]["difficulty"]?.doubleValue == 3)
        #expect(try await run(redis, "window").output.contains("all"))
    }

    @Test("An empty pool is said to be one; a Redis that is away is an error")
    func nothing() async throws {
        let redis = try await RedisServer.start()
        #expect(try await run(redis, "blocks").output == "No block was found yet.\n")
        #expect(try await json(redis, "workers") == [])
        try await redis.shutdown()
        let away = try await run(redis, "blocks")
        #expect(away.code == 2 && !away.errors.isEmpty)
    }
}
