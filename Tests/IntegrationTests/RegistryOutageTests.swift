internal import Foundation
internal import Mesh
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// Redis is a hint: what is connected works on without it.
    @Suite struct RegistryOutageTests {
        /// Four times the life of a record, or what the acceptance asks for.
        static let outage = Duration.seconds(IntegrationTests.isFull ? 90 : 12)

        @Test(
            "While Redis is away, calls and streams go on without one error; who starts then waits, and comes up after")
        func redisAway() async throws {
            try await withPool { pool in
                try await withNode(pool) { host in
                    let table = TableHistory(host.node)
                    for process in pool.jobmanagers { try await table.waitUntilRoutable(process.name) }
                    let follower = try await StreamFollower(pool)
                    let blocks = Blocks(pool, follower)
                    let caller = SteadyCaller(host.node, .service("jobmanager"))
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask(name: "calls") { try await caller.run() }
                        let end = ContinuousClock.now + Self.outage
                        try await pool.redis.shutdown()

                        let late = try ChildProcess.start(
                            Program.built("jobmanager"), pool.arguments("jobmanager-3", ports: PortBlock.pick()))
                        let lateCall = try pool.start("call", "jobmanager", "status", "--timeout", "120")
                        try await late.waitForLine { $0.contains("Redis") && $0.lowercased().contains("wait") }
                        try await lateCall.waitForLine { $0.contains("Redis") && $0.lowercased().contains("wait") }
                        while ContinuousClock.now < end { try await blocks.generate(1, "no Redis") }
                        #expect(late.exit == nil)
                        #expect(lateCall.exit == nil)

                        try await pool.redis.restart()
                        try await pool.waitUntilReady()
                        try await table.waitUntilRoutable("jobmanager-3", within: .seconds(20))
                        let call = try await outcome(of: lateCall)
                        #expect(call.exit == .code(0), "\(call.errors)")
                        #expect(try call.decoded(as: Status.self).current != nil)
                        try await blocks.generate(2, "Redis again")
                        group.cancelAll()
                        #expect(try await late.terminate() == .code(0))
                    }
                    print("without Redis: \(caller.summary); \(blocks.report)")
                    #expect(caller.failures == [])
                    #expect(caller.answers > Int(Self.outage / .milliseconds(200)))
                    try await follower.finishWhole()
                }
            }
        }
    }
}
