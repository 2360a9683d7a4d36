internal import Foundation
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// The merged stream survives what happens to its publishers, to Redis and to the daemons.
    @Suite struct StreamTests {
        @Test("kill -9 of the active publisher, again and again: nothing is missed, the next block comes within 200 ms")
        func killedPublisher() async throws {
            try await withPool { pool in
                let follower = try await StreamFollower(pool)
                let blocks = Blocks(pool, follower)
                try await blocks.generate(2)
                for _ in 0..<3 {
                    try await blocks.waitForTheirTurn()
                    try await pool.jobmanager(follower.activePublisher()).current().kill()
                    try await blocks.generateOne(within: .milliseconds(200), "killed")
                    try await blocks.generate(2)
                    try await pool.waitUntilReady()
                }
                let statistics = try await follower.finishWhole()
                print("kill -9 of the active publisher: \(blocks.report); \(statistics)")
            }
        }

        @Test(
            "30 blocks: a publisher killed, the other frozen, Redis restarted, then flushed, a daemon stopped and started"
        )
        func everythingInTurn() async throws {
            try await withPool { pool in
                let follower = try await StreamFollower(pool)
                let blocks = Blocks(pool, follower)
                try await blocks.generate(3)

                try await blocks.waitForTheirTurn()
                let killed = try pool.jobmanager(follower.activePublisher())
                try await killed.current().kill()
                try await blocks.generateOne(within: .milliseconds(200), "killed")
                try await blocks.generate(3, "restarting")
                try await pool.waitUntilReady()

                try await blocks.waitForTheirTurn()
                let frozen = try pool.jobmanagers.first { $0.name != killed.name }?.current()
                frozen?.signal(SIGSTOP)
                try await blocks.generateOne(within: .seconds(1), "frozen")
                try await blocks.generate(IntegrationTests.isFull ? 19 : 5, within: .seconds(1), "frozen")
                frozen?.signal(SIGCONT)
                try await blocks.generate(3, "thawed")

                // Redis says nothing when it obeys.
                _ = try? pool.redis.command("SHUTDOWN")
                try await pool.redis.currentProcess.waitForExit()
                try await blocks.generate(3, "no Redis")
                try await pool.redis.restart()
                try await blocks.generate(3, "Redis again")

                try pool.redis.command("FLUSHALL")
                try await blocks.generate(3, "flushed")
                try await pool.waitUntilReady()

                try await pool.chain.nodes[0].shutdown()
                try await blocks.generate(3, at: 1, "no daemon 0")
                try await pool.chain.nodes[0].restart()
                try await pool.chain.nodes[0].waitUntilReady(peers: 2)
                try await blocks.generate(2, at: 1, "daemon 0 again")
                try await blocks.generate(2, at: 0, "at daemon 0")

                let statistics = try await follower.finishWhole()
                print("everything in turn: \(blocks.report); \(statistics)")
                #expect(frozen?.exit == nil, "a process that was frozen goes on")
            }
        }
    }
}
