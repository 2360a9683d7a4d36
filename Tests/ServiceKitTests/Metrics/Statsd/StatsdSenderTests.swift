internal import Foundation
internal import Logging
internal import Metrics
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import ServiceKit

/// Lines on their way to real sockets and to a stock statsd server.
@Suite struct StatsdSenderTests {
    private func sender(_ target: StatsdTarget, log: CollectedLines = CollectedLines()) -> StatsdSender {
        StatsdSender(target, logger: Logger(label: "test") { ServiceLogHandler(label: $0, sink: log.append) })
    }

    @Test func linesArriveInDatagramsBelowTheMTU() async throws {
        let listener = try UDPListener()
        // By name, and by one that has an IPv6 address too.
        let sender = sender(StatsdTarget(host: "localhost", port: listener.port))
        sender.start()
        defer { sender.stop() }
        let given = (0..<500).map { "headframe.sample-1.number:\($0)|c" }
        for line in given { sender.send(line) }
        var datagrams: [String] = []
        func lines() -> [String] { datagrams.flatMap { $0.split(separator: "\n").map(String.init) } }
        try await eventually("500 lines, \(lines().count) came") {
            while let datagram = listener.next() { datagrams.append(datagram) }
            return lines().count == given.count
        }
        #expect(lines() == given && sender.lost == 0)
        #expect(datagrams.allSatisfy { $0.utf8.count <= StatsdBuffer.datagramBytes })
        #expect(datagrams.count < 30, "batched")
    }

    @Test func whatIsLeftIsSentAtTheEnd() throws {
        let listener = try UDPListener()
        let sender = sender(StatsdTarget(host: "127.0.0.1", port: listener.port))
        sender.start()
        sender.send("last:1|c")
        sender.stop()
        #expect(listener.next() == "last:1|c")
        // Again, it does nothing.
        sender.stop()
    }

    @Test func aServerThatIsNotThereLosesLinesAndSaysSo() async throws {
        let log = CollectedLines()
        let port = try UDPListener().port
        let sender = sender(StatsdTarget(host: "127.0.0.1", port: port), log: log)
        sender.start()
        defer { sender.stop() }
        try await eventually("a refused datagram") {
            sender.send("a:1|c")
            return sender.lost > 0
        }
        try await eventually("a warning") { !log.all.isEmpty }
        let line = try #require(log.all.first)
        #expect(line.contains("metrics for statsd were lost") && line.contains("Connection refused"), "\(line)")
        #expect(line.contains("127.0.0.1:\(port)") && log.all.count == 1)
    }

    @Test func aNameWithoutAnAddressBlocksNobody() async throws {
        let log = CollectedLines()
        let sender = sender(StatsdTarget(host: "statsd.invalid", port: 8125), log: log)
        sender.start()
        defer { sender.stop() }
        let line = String(repeating: "a", count: 1000)
        let start = ContinuousClock.now
        for _ in 0..<2000 { sender.send(line) }
        #expect(start.duration(to: .now) < .seconds(5))
        // 256 full datagrams wait, and the one that is not full.
        #expect(sender.lost == 2000 - 257)
        try await eventually("a warning") { !log.all.isEmpty }
    }

    // MARK: A stock server

    /// The Python that has navdoon, a statsd server: `HEADFRAME_PYTHON`, or the one that `make test` sets up.
    private func python(file: String = #filePath) throws -> String {
        if let path = ProcessInfo.processInfo.environment["HEADFRAME_PYTHON"], !path.isEmpty { return path }
        var root = URL(filePath: file)
        while root.lastPathComponent != "Tests" { root.deleteLastPathComponent() }
        let path = root.deletingLastPathComponent().appending(path: ".headframe/venv/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw TestSupportError(
                "there is no \(path): make test creates it, or HEADFRAME_PYTHON names a Python that has navdoon")
        }
        return path
    }

    @Test func aStockServerCountsTheSame() async throws {
        let port = try UDPListener().port
        let server = try ChildProcess.start(
            try python(),
            ["-c", "import navdoon.app; navdoon.app.main()"]
                + ["--collect-udp", "127.0.0.1:\(port)", "--flush-interval", "1", "--flush-stdout", "--log-stderr"],
            environment: ["PYTHONUNBUFFERED": "1"])
        try await server.waitForLine { $0.contains("starting serving requests on UDP") }

        let sender = sender(StatsdTarget(host: "127.0.0.1", port: port))
        sender.start()
        defer { sender.stop() }
        let whole = StatsdFactory(StatsdFormat(prefix: ["headframe", "pool-1"], rate: 1), send: sender.send)
        let sampled = StatsdFactory(StatsdFormat(prefix: ["sampled"], rate: 0.5), send: sender.send)
        for _ in 0..<100 {
            Counter(label: "shares", dimensions: [("outcome", "ok")], factory: whole).increment(by: 3)
            Metrics.Timer(label: "wait_seconds", factory: whole).recordNanoseconds(1_250_000)
        }
        for _ in 0..<2000 { Counter(label: "calls", factory: sampled).increment() }
        let depth = Meter(label: "depth", factory: whole)
        depth.set(12)
        depth.decrement(by: 14.5)

        // What a flush shows is of the second before: counts are added up.
        func total(_ name: String) -> Double {
            var total = 0.0
            for line in server.outputLines where line.hasPrefix(name + " ") {
                total += Double(line.split(separator: " ")[1]) ?? 0
            }
            return total
        }
        try await eventually("the totals: \(server.standardOutput) \(server.standardError)") {
            total("headframe.pool-1.shares.outcome.ok") == 300 && total("headframe.pool-1.wait.count") == 100
                && (1700...2300).contains(total("sampled.calls"))
                && server.outputLines.contains { $0.hasPrefix("headframe.pool-1.depth -2.5 ") }
        }
        #expect(server.outputLines.contains { $0.hasPrefix("headframe.pool-1.wait.mean 1.25 ") })
        #expect(!server.standardError.contains("failed to parse"))
        #expect(sender.lost == 0)
        try await server.terminate()
    }
}

/// A whole process, from the setting to the socket.
extension ProcessTests {
    @Test func aProcessSendsItsMetricsToTheServerThatIsSet() async throws {
        let listener = try UDPListener()
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            [port = listener.port as UInt16] in
            await runService(
                SampleConfiguration.self, arguments: ["--instance", "sample-7", "--http-port=off"],
                environment: ["HEADFRAME_STATSD": "127.0.0.1:\(port)"]
            ) { runtime in
                Counter(label: "made", dimensions: [("by", "me")]).increment()
                #expect(runtime.metrics.text().contains("made{by=\"me\"} 1"))
                #expect(runtime.metrics.text().contains("headframe_statsd_lost_total 0"))
                kill(getpid(), SIGTERM)
                // Only the signal ends it.
                return [Scope("part") { try await Task.sleep(for: .seconds(60)) }]
            }
        }
        let sent = try #require(listener.next(), "\(errors(of: result))")
        #expect(sent.split(separator: "\n").contains("headframe.sample-7.made.by.me:1|c"))
    }
}
