internal import Foundation
internal import Mesh
internal import TestSupport
internal import Testing

/// Shares from the miner to the totals, while stratum servers, reporters and Redis are killed in turn. `HEADFRAME_CHAOS_SECONDS` says for how
/// long (`make chaos-shares MINUTES=10`).
@Suite(.serialized, .timeLimit(.minutes(180))) struct ShareChaosTests {
    private static let duration = Duration.seconds(
        Int(ProcessInfo.processInfo.environment["HEADFRAME_CHAOS_SECONDS"] ?? "") ?? 40)

    /// Some 65 hashes a share, with nothing that raises it: many shares of a few processors.
    private static let arguments = ["--difficulty", "0.001", "--min-difficulty", "0.001", "--max-difficulty", "0.001"]
    private static let miners = 4

    @Test func `whatever dies, the totals are those of the distinct accepted shares`() async throws {
        // What Redis has answered is on its disk, so that a killed one comes back with it.
        try await withPool(jobmanagers: 1, redis: ["--appendonly", "yes", "--appendfsync", "always"]) { pool in
            let shares = try SharePool(in: pool, Self.arguments)
            try await shares.whileRunning { try await run(shares, pool) }
        }
    }

    private func run(_ shares: SharePool, _ pool: Pool) async throws {
        let logs = (1...Self.miners).map { shares.log($0) }
        let miners = try (1...Self.miners).map { try shares.miner($0) }
        try await eventually(within: .seconds(60), "the miners have accepted shares") {
            try MinedShares(logs: logs).accepted.count > 10
        }
        let kills = try await killInTurn(shares, pool.redis)
        let listed = kills.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let mined = try await shares.finish(miners, logs, "chaos-shares: \(Self.duration), kills \(listed)")
        #expect(mined.accepted.count > 50)
        #expect(kills.count == 3)
    }

    /// Kills one after the other, each again and again, with some seconds between.
    private func killInTurn(_ shares: SharePool, _ redis: RedisServer) async throws -> [String: Int] {
        var kills: [String: Int] = [:]
        let victims: [SupervisedProcess?] = [
            shares.stratum[0], shares.reporters[0], nil, shares.stratum[1], shares.reporters[1],
        ]
        let end = ContinuousClock.now + Self.duration
        for victim in (0...).lazy.map({ victims[$0 % victims.count] }) {
            // Chaos: what matters is that it comes at any moment.
            try await Task.sleep(for: .milliseconds(Int.random(in: 1_000..<3_500)))
            guard ContinuousClock.now < end else { break }
            if let victim {
                try victim.current().signal(SIGKILL)
                kills[String(victim.name.prefix { $0 != "-" }), default: 0] += 1
            } else {
                _ = try await redis.currentProcess.kill()
                // It stays away for a while: that is what the others have to bear.
                try await Task.sleep(for: .milliseconds(Int.random(in: 200..<4_000)))
                try await redis.restart()
                kills["redis", default: 0] += 1
            }
        }
        return kills
    }
}
