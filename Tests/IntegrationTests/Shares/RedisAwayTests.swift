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
            try await shares.whileRunning {
                let miner = try shares.miner(1)
                let logs = [shares.log(1)]
                try await shares.waitUntilAccepted(1, logs)
                let clock = ContinuousClock()
                let before = try await clock.measure { try await shares.waitUntilAccepted(Self.answers, logs) }
                pool.redis.currentProcess.signal(SIGSTOP)
                let during = try await clock.measure { try await shares.waitUntilAccepted(Self.answers, logs) }
                pool.redis.currentProcess.signal(SIGCONT)
                // Shares are found at random, on a machine that does other things too; a wait for Redis would last for as long as it is stopped.
                #expect(during < before * 4 + .seconds(3))
                try await shares.finish([miner], logs, "Redis away")
            }
        }
    }
}
