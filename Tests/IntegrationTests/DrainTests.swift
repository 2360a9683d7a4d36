internal import Foundation
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// A process that is asked to end hands over first.
    @Suite struct DrainTests {
        @Test(
            "SIGTERM at the active publisher: it ends with 0 within its budget and out of Redis, and nothing is missed")
        func drainedPublisher() async throws {
            try await withPool { pool in
                let follower = try await StreamFollower(pool)
                let blocks = Blocks(pool, follower)
                try await blocks.generate(2)
                for _ in 0..<2 {
                    try await blocks.waitForTheirTurn()
                    let active = try pool.jobmanager(follower.activePublisher())
                    let process = try active.current()
                    let epoch = try pool.field("epoch", of: active.name)
                    let asked = ContinuousClock.now
                    process.signal(SIGTERM)
                    try await blocks.generateOne(within: .seconds(2), "draining")
                    #expect(try await process.waitForExit(deadline: .seconds(10)) == .code(0))
                    print("drained in \(ContinuousClock.now - asked)")
                    #expect(try pool.field("epoch", of: active.name) != epoch)
                    try await blocks.generate(2)
                    try await pool.waitUntilReady()
                }
                print("SIGTERM at the active publisher: \(blocks.report); \(try await follower.finishWhole())")
            }
        }

        @Test("A second SIGTERM ends a draining process at once")
        func secondSignal() async throws {
            try await withPool(jobmanagers: 1) { pool in
                let process = try pool.jobmanagers[0].current()
                pool.jobmanagers[0].doNotRestart()
                process.signal(SIGTERM)
                try await process.waitForLine { $0.contains("draining") }
                process.signal(SIGTERM)
                // The code tells it from the end of the drain.
                #expect(try await process.waitForExit(deadline: .seconds(2)) == .code(128 + SIGTERM))
            }
        }

        @Test("Of two processes with one instance name the older one ends with 75 and says why")
        func twoOfOneName() async throws {
            try await withPool(jobmanagers: 1) { pool in
                let older = try pool.jobmanagers[0].current()
                pool.jobmanagers[0].doNotRestart()
                let newer = try ChildProcess.start(
                    Program.built("jobmanager"), pool.arguments("jobmanager-1", ports: PortBlock.pick()))
                #expect(try await older.waitForExit() == .code(75))
                #expect(older.standardError.contains("HEADFRAME_INSTANCE"))
                try await eventually("the newer process is listed as ready") {
                    try pool.field("pid", of: "jobmanager-1") == "\(newer.pid)"
                        && pool.field("state", of: "jobmanager-1") == "ready"
                }
                #expect(newer.exit == nil)
            }
        }
    }
}
