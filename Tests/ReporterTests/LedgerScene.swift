internal import EventLoop
internal import Foundation
internal import Logging
internal import Mining
internal import Redis
internal import TestSupport

@testable internal import reporter

extension Logger {
    static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
}

/// A ledger on a Redis of the test's own, with a client to look behind the scenes.
struct LedgerScene: Sendable {
    let server: RedisServer
    let redis: RedisClient
    let loop: EventLoop
    let ledger: ShareLedger

    static let namespace = "test"

    /// Counts shares of an origin, from where its cursor stands on.
    @discardableResult
    func count(_ shares: [PoolShare], origin: String = "a") async throws -> BatchOutcome {
        let after = try await ledger.cursor(of: origin)
        let batch = ShareBatch(origin: origin, after: after, upTo: after + UInt64(shares.count), shares: shares)
        return try await ledger.count(batch)
    }

    func reply(_ words: String...) async throws -> RedisValue { try await redis.send(words.map { RedisArgument($0) }) }

    /// A hash of numbers.
    func numbers(_ name: String) async throws -> [String: UInt128] {
        let pairs = try await reply("HGETALL", "{test}:\(name)").pairs ?? []
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0.name, UInt128($0.value.string ?? "") ?? 0) })
    }

    func members(_ name: String) async throws -> [String] {
        try await reply("ZRANGE", "{test}:\(name)", "0", "-1").array?.compactMap(\.string) ?? []
    }

    /// The rounds, of spans and of shares that are kept one by one.
    func rounds(orphans: Set<String> = []) async throws -> [Rounds.Round] {
        let listed = try await reply("ZRANGE", "{test}:rounds:blocks", "0", "-1", "WITHSCORES").pairs ?? []
        let blocks = listed.map { block in
            let parts = block.name.split(separator: ":").map(String.init)
            return Rounds.Block(
                hash: parts[1], height: Int(block.value.integer ?? 0), timeMilliseconds: Int64(parts[0]) ?? 0,
                standing: orphans.contains(parts[1]) ? .orphaned : .accepted)
        }
        var rounds = Rounds(blocks: blocks)
        rounds.add(try await numbers("rounds:after:start"), afterBlock: nil)
        for block in blocks { rounds.add(try await numbers("rounds:after:\(block.hash)"), afterBlock: block.hash) }
        for detail in try await members("rounds:detail") {
            let height = Int(detail.prefix { $0 != ":" }) ?? 0
            for (worker, shares) in try await reply("HGETALL", "{test}:rounds:detail:\(detail)").pairs ?? [] {
                rounds.add(shares.bytes ?? [], of: worker, height: height)
            }
        }
        return rounds.rounds
    }
}

/// Runs `body` with a ledger of its own.
func withLedger(
    _ options: CountingOptions = CountingOptions(), arguments: [String] = [],
    _ body: @Sendable (LedgerScene) async throws -> Void
) async throws {
    let server = try await RedisServer.start(arguments: arguments)
    let configuration = RedisConfiguration(url: try RedisURL(server.url))
    try await EventLoop.withEventLoop { loop in
        try await withRedisClient(configuration, loop: loop, logger: .silent) { redis in
            try await redis.waitUntilConnected(within: .seconds(10))
            let ledger = ShareLedger(redis, state: redis, namespace: LedgerScene.namespace, options: options)
            try await body(LedgerScene(server: server, redis: redis, loop: loop, ledger: ledger))
        }
    }
}

/// Shares by number: the hash says which.
enum Shares {
    /// The beginning of a minute, not long ago: what is older than a month is not listed.
    static let begin = Int64(Date().timeIntervalSince1970) / 60 * 60_000

    static func hash(_ number: Int) -> [UInt8] {
        (0..<32).map {
            $0 < 24 ? UInt8(truncatingIfNeeded: $0 &* 7) : UInt8(truncatingIfNeeded: number >> (8 * (31 - $0)))
        }
    }

    /// - Parameter at: milliseconds after ``begin``.
    static func share(
        _ number: Int, _ worker: String = "alice", at milliseconds: Int64 = 0, height: Int = 100,
        weight: Int64 = 65_536,
        job: String = "job", isBlock: Bool = false
    ) -> PoolShare {
        PoolShare(
            worker: worker, jobID: job, height: height, hash: hash(number), timeMilliseconds: begin + milliseconds,
            weight: weight, isBlock: isBlock)
    }
}
