internal import Foundation
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// The merged stream survives what happens to its publishers, to Redis and to the daemons.
    @Suite struct StreamTests {
        @Test("kill -9 of the active publisher: nothing is missed, the next block comes within 200 ms")
        func killedPublisher() async throws {
            try await withPool { pool in
                let follower = try await StreamFollower(pool)
                let blocks = Blocks(pool, follower)
                try await blocks.generate(2)
                for _ in 0..<3 {
                    try await blocks.waitForTheirTurn()
                    let active = try pool.jobmanager(follower.activePublisher())
                    try await active.current().kill()
                    try await blocks.generateOne(within: .milliseconds(200), "killed ")
                    try await blocks.generate(2)
                    try await pool.waitUntilReady()
                }
                let statistics = try await follower.finishWhole()
                print("kill -9 of the active publisher: \(blocks.report); \(statistics)")
            }
        }
    }
}
