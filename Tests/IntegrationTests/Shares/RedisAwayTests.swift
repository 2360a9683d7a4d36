internal import Foundation
internal import Mesh
internal import TestSupport
internal import Testing

/// Answers to miners while Redis is stopped.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RedisAwayTests {
    private static let arguments = ["--difficulty", "0.001", "--min-difficulty", "0.001", "--max-difficulty", "0.001"]
    private static let answers = 30

    @Test func `while Redis is stopped shares are answered as fast as before, and counted afterwards`() async throws {
        try await withPool(jobmanagers: 1) { pool in
            let shares = try SharePool(in: pool, stratum: 1, reporters: 1, Self.arguments)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process in shares.processes { group.addTask { try await process.run() } }
                defer { group.cancelAll() }
                let miner = try shares.miner(1)
                let logs = [shares.log(1)]
                try await eventually(within: .seconds(60), "the miner has accepted shares") {
                    try !MinedShares(logs: logs).accepted.isEmpty
                }
                let before = try await Self.answers(logs)
                pool.redis.currentProcess.signal(SIGSTOP)
                let during = try await Self.answers(logs)
                pool.redis.currentProcess.signal(SIGCONT)
                // Shares are found at random, on a machine that does other things too; a wait for Redis would last for as long as it is stopped.
                #expect(during < before * 4 + .seconds(3))
                miner.signal(SIGTERM)
                _ = try await miner.waitForExit(deadline: .seconds(20))
                try await shares.waitUntilCounted(try MinedShares(logs: logs))
            }
        }
    }

    /// How long some more accepted answers take.
    private static func answers(_ logs: [String]) async throws -> Duration {
        let (begin, count) = (ContinuousClock.now, try MinedShares(logs: logs).accepted.count)
        try await eventually(within: .seconds(60), "shares are answered") {
            try MinedShares(logs: logs).accepted.count >= count + answers
        }
        return .now - begin
    }
}
