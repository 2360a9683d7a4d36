internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// `/readyz` of a jobmanager follows whether it is found and whether it has something to say.
    @Suite struct ReadinessTests {
        @Test("A jobmanager is ready once it is listed, stays so without Redis, and is not while all daemons are gone")
        func listedAndSupplied() async throws {
            try await withPool(jobmanagers: 0) { pool in
                try await pool.redis.shutdown()
                let process = try ChildProcess.start(
                    Program.built("jobmanager"),
                    pool.arguments("jobmanager-1", ports: PortBlock.pick()) + ["--daemon-grace", "1s"])
                let probe = try await HealthProbe(process)
                let waiting = try await probe.wait(for: "it has a job, and is not listed") {
                    $0 == 503 && $1.reasons.map(\.name) == ["mesh"]
                }
                #expect(waiting.reasons[0].reason.hasPrefix("not listed in the registry yet: "))

                try await pool.redis.restart()
                try await probe.wait(for: "listed, it is ready") { $0 == 200 && $1.degraded == nil }
                try await pool.redis.shutdown()
                let alone = try await probe.wait(for: "the loss of Redis is shown") { $1.degraded != nil }
                #expect(try probe.ready().code == 200)
                #expect(alone.status == "ready" && alone.reasons.isEmpty)
                #expect(alone.degraded?.first?.name == "mesh")
                try await pool.redis.restart()
                try await probe.wait(for: "all is well again") { $0 == 200 && $1.degraded == nil }

                for node in pool.chain.nodes { try await node.kill() }
                let starved = try await probe.wait(for: "it is not ready without daemons") { code, _ in code == 503 }
                #expect(starved.reasons.map(\.name) == ["jobs"])
                #expect(starved.reasons[0].reason.hasPrefix("no coin daemon has given a template for 1.0 seconds: "))
                try await eventually("its record says so") { try pool.field("state", of: "jobmanager-1") == "starting" }
                let doctor = try await pool.headframe("doctor")
                #expect(doctor.output.contains(", starting, not ready: jobs: no coin daemon has given a template for "))

                for node in pool.chain.nodes { try await node.restart() }
                try await probe.wait(for: "it is ready again", within: .seconds(60)) { code, _ in code == 200 }
                try await eventually("its record says so") { try pool.field("state", of: "jobmanager-1") == "ready" }
                #expect(process.exit == nil)
                #expect(try await process.terminate() == .code(0))
            }
        }
    }
}
