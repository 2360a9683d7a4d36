internal import EventLoop
internal import Logging
internal import Mining
internal import Redis
internal import TestSupport

/// What Redis knows of accepted shares, each total in its own way.
struct CountedShares: Sendable, Equatable {
    /// The hashes, of all jobs.
    var hashes: Set<String> = []
    /// The sum of the minutes' counts.
    var count = 0
    /// The sum of the minutes' weights.
    var weight: UInt128 = 0
    /// The sum of the window of PPLNS.
    var window: UInt128 = 0
    /// The sum of all rounds.
    var rounds: UInt128 = 0

    /// Reads it all, once more for as long as that makes a difference: a reading is many commands, and shares may be counted between them.
    static func read(_ place: MeshPlace) async throws -> CountedShares {
        let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let configuration = RedisConfiguration(url: try RedisURL(place.redis), clientName: "shares-test")
        return try await EventLoop.withEventLoop { loop in
            try await withRedisClient(configuration, loop: loop, logger: silent) { client in
                try await client.waitUntilConnected(within: .seconds(10))
                var last = try await CountedShares(client, prefix: "{\(place.namespace)}:")
                for _ in 0..<readings {
                    let next = try await CountedShares(client, prefix: "{\(place.namespace)}:")
                    if next == last { break }
                    last = next
                }
                return last
            }
        }
    }

    /// The most readings: while shares keep coming, any will do.
    private static let readings = 20

    private init(_ redis: RedisClient, prefix: String) async throws {
        func names(_ pattern: String) async throws -> [String] {
            try await redis.send(["KEYS", RedisArgument(prefix.globbed + pattern)]).array?.compactMap(\.string) ?? []
        }
        func fields(_ key: String) async throws -> [(name: String, value: RedisValue)] {
            try await redis.send(["HGETALL", RedisArgument(key)]).pairs ?? []
        }
        func sum(_ key: String) async throws -> UInt128 {
            try await fields(key).reduce(0) { $0 + (UInt128($1.value.string ?? "") ?? 0) }
        }
        for job in try await names("shares:seen:*") {
            for member in try await redis.send(["SMEMBERS", RedisArgument(job)]).array ?? [] {
                hashes.insert(Hex.encode(member.bytes ?? []))
            }
        }
        for minute in try await names("shares:[0-9]*") {
            for (name, value) in try await fields(minute) {
                if name.hasSuffix("|accepted|count") { count += Int(value.integer ?? 0) }
                if name.hasSuffix("|accepted|weight") { weight += UInt128(value.string ?? "") ?? 0 }
            }
        }
        window = try await sum(prefix + "pplns")
        for span in try await names("rounds:after:*") { rounds += try await sum(span) }
        for detail in try await names("rounds:detail:*") {
            var here = Rounds(blocks: [])
            for (worker, shares) in try await fields(detail) { here.add(shares.bytes ?? [], of: worker, height: 0) }
            rounds += here.rounds.reduce(0) { $0 + $1.weight }
        }
    }
}

extension String {
    /// As a pattern that means the text itself.
    fileprivate var globbed: String { replacing("[", with: "\\[").replacing("]", with: "\\]") }
}
