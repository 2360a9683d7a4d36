internal import Foundation
internal import TestSupport
internal import Testing

/// A stratum server that is lost with its disk, where each accepted share is held by one more.
@Suite(.serialized, .timeLimit(.minutes(10))) struct LostMachineTests {
    private static let arguments = [
        "--difficulty", "0.001", "--min-difficulty", "0.001", "--max-difficulty", "0.001", "--share-replicas", "1",
    ]

    @Test func `it takes no accepted share with it`() async throws {
        try await withPool(jobmanagers: 1) { pool in
            let shares = try SharePool(in: pool, stratum: 3, Self.arguments)
            try await shares.whileRunning { try await run(shares) }
        }
    }

    private func run(_ shares: SharePool) async throws {
        let logs = (1...3).map { shares.log($0) }
        let miners = try (1...3).map { try shares.miner($0) }
        try await shares.waitUntilAccepted(30, logs)

        // Nobody counts for a while, so that there is something on the disk that is lost.
        for reporter in shares.reporters { try reporter.current().signal(SIGSTOP) }
        try await shares.waitUntilAccepted(30, logs)
        shares.stratum[0].doNotRestart()
        try shares.stratum[0].current().signal(SIGKILL)
        try await shares.stratum[0].current().waitForExit()
        try FileManager.default.removeItem(atPath: shares.folder.path + "/spool/shares/" + shares.stratum[0].name)
        for reporter in shares.reporters { try reporter.current().signal(SIGCONT) }

        // The others go on.
        try await shares.waitUntilAccepted(30, logs)
        try await shares.finish(miners, logs, "lost machine")
    }
}
