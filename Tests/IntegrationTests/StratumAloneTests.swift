internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// A stratum server with nobody to give it work.
    @Suite struct StratumAloneTests {
        @Test(
            "A stratum server without replicas, jobmanagers and coin daemons listens, and goes on, until it is told to end"
        )
        func alone() async throws {
            let redis = try await RedisServer.start()
            let place = MeshPlace(
                redis: redis.url, namespace: "test-\(UInt32.random(in: 0...(.max)))", registryTTL: .seconds(3))
            let (spool, port) = (try TemporaryFolder("spool"), try FreePort.pick())
            let process = try ChildProcess.start(
                Program.built("stratum"),
                place.arguments("stratum-1", ports: PortBlock.pick()) + [
                    "--listen", "127.0.0.1:\(port)", "--spool", spool.path,
                ])
            try await process.waitForLine { $0.contains("listening for miners") }
            // A part of it that returned would end the process by now: what is waited for is that nothing happens.
            try await Task.sleep(for: .seconds(3))
            #expect(process.exit == nil)
            let probe = try await HealthProbe(process)
            #expect(try probe.ready().code == 503)
            #expect(try await process.terminate() == .code(0))
        }
    }
}
