internal import Logging
internal import Metrics
internal import ServiceLifecycle
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import ServiceKit

/// The HTTP listener over real connections.
@Suite struct HealthListenerTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let readiness = Readiness()
    private let metrics = PrometheusRegistry()
    /// Longer than any test waits.
    private static let idleTimeout = Duration.seconds(60)

    /// Runs a listener for the time of `body`, which gets its port and what begins its graceful shutdown.
    private func withListener(
        watchdog: Watchdog? = nil, idleTimeout: Duration = Self.idleTimeout,
        _ body: (_ port: Int, _ shutDown: @Sendable () async -> Void) async throws -> Void
    ) async throws {
        let bound = Mutex<Int?>(nil)
        let answers = HealthAnswers(
            readiness: readiness, metrics: metrics, watchdog: watchdog ?? Watchdog(logger: logger))
        let listener = HealthListener(
            host: "127.0.0.1", port: 0, idleTimeout: idleTimeout, answers: answers, logger: logger
        ) { port in bound.withLock { $0 = port } }
        let group = ServiceGroup(services: [listener], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("the listener is bound") { bound.withLock { $0 != nil } }
            try await body(bound.withLock { $0! }) { await group.triggerGracefulShutdown() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func itAnswersWhatItIsFor() async throws {
        try await withListener { port, _ in
            let client = try LoopbackClient(port: port)
            client.get("/healthz")
            let alive = try await client.answer()
            #expect(alive.status == 200 && alive.body == #"{"reasons":[],"status":"alive"}"# + "\n")
            #expect(alive.headers.contains("content-type: application/json"))
            #expect(alive.headers.contains("cache-control: no-store"))

            client.get("/readyz")
            #expect(try await client.answer().status == 200)
            readiness.set("redis", notReady: "cannot be reached")
            client.get("/readyz")
            let notReady = try await client.answer()
            #expect(notReady.status == 503)
            #expect(
                notReady.body
                    == #"{"reasons":[{"name":"redis","reason":"cannot be reached"}],"status":"not ready"}"# + "\n")

            metrics.makeCounter(label: "mesh.calls", dimensions: []).increment(by: 3)
            client.get("/metrics")
            let text = try await client.answer()
            #expect(text.status == 200 && text.body.contains("# TYPE mesh_calls counter\nmesh_calls 3\n"))
            #expect(text.headers.contains("content-type: text/plain; version=0.0.4; charset=utf-8"))
        }
    }

    @Test func aHangingLoopIsNotAlive() async throws {
        let watchdog = Watchdog(tick: .milliseconds(5), limit: .milliseconds(20), logger: logger) { _ in }
        watchdog.watch("the I/O loop") { _ in }
        watchdog.start()
        defer { watchdog.stop() }
        try await eventually("late") { !watchdog.late.isEmpty }
        try await withListener(watchdog: watchdog) { port, _ in
            let client = try LoopbackClient(port: port)
            client.get("/healthz")
            let answer = try await client.answer()
            #expect(answer.status == 503)
            #expect(
                answer.body
                    == #"{"reasons":[{"name":"the I/O loop","reason":"the loop does not answer"}],"status":"hanging"}"#
                    + "\n")
        }
    }

    @Test(arguments: ["GET /", "GET /healthz/x", "GET /../etc/passwd", "POST /healthz", "DELETE /metrics"])
    func anythingElseIsNotFound(request: String) async throws {
        try await withListener { port, _ in
            let client = try LoopbackClient(port: port)
            client.send("\(request) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            #expect(try await client.answer().status == 404)
        }
    }

    @Test(arguments: [
        "GET /healthz HTTP/1.1\r\nX: \(String(repeating: "x", count: 10000))\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 100))\r\n",
        "GET /\(String(repeating: "x", count: 200_000)) HTTP/1.1\r\n\r\n",
        "nonsense\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
    ])
    func whatIsTooLargeOrMalformedCostsItsSenderTheConnection(request: String) async throws {
        try await withListener { port, _ in
            let client = try LoopbackClient(port: port)
            client.send(request)
            try await eventually("the connection is closed; so far: \(client.text)") { client.isClosed }
            #expect(!client.text.contains("200 OK"))
            let other = try LoopbackClient(port: port)
            other.get("/healthz")
            #expect(try await other.answer().status == 200)
        }
    }

    @Test func furtherConnectionsWaitUntilOneEnds() async throws {
        try await withListener { port, _ in
            var clients: [LoopbackClient] = []
            for _ in 0..<HealthListener.maximumConnections {
                let client = try LoopbackClient(port: port)
                client.get("/healthz")
                #expect(try await client.answer().status == 200)
                clients.append(client)
            }
            let waiting = try LoopbackClient(port: port)
            waiting.get("/healthz")
            // The others share every loop of the server with it: while they are answered twice, it would be accepted and answered.
            for _ in 0..<2 {
                for client in clients { client.get("/healthz") }
                for client in clients { #expect(try await client.answer().status == 200) }
            }
            #expect(waiting.text == "")
            clients.removeFirst(8)
            #expect(try await waiting.answer().status == 200)
        }
    }

    /// Whoever holds every connection without a whole request loses them to those who ask.
    @Test(arguments: ["", "G", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"])
    func whatIsNoWholeRequestInTimeIsClosed(begun: String) async throws {
        try await withListener(idleTimeout: .milliseconds(300)) { port, _ in
            let holders = try (0..<HealthListener.maximumConnections).map { _ in try LoopbackClient(port: port) }
            for holder in holders { holder.send(begun) }
            let waiting = try LoopbackClient(port: port)
            waiting.get("/healthz")
            #expect(try await waiting.answer().status == 200)
            try await eventually("the holders are closed") { holders.allSatisfy(\.isClosed) }
        }
    }

    /// Bytes that are no whole request yet do not prolong the time.
    @Test func whoSendsByteByByteIsClosedAsWell() async throws {
        try await withListener(idleTimeout: .milliseconds(300)) { port, _ in
            let slow = try LoopbackClient(port: port)
            slow.send("GET /healthz HTTP/1.1\r\nX: ")
            try await eventually("the connection is closed") {
                slow.send("x")
                return slow.isClosed
            }
            #expect(slow.text == "")
        }
    }

    /// A scraper keeps its connection; it must not keep the process.
    @Test func anIdleConnectionDoesNotHoldUpTheShutdown() async throws {
        let start = Mutex<ContinuousClock.Instant?>(nil)
        try await withListener { port, shutDown in
            let idle = try LoopbackClient(port: port)
            idle.get("/healthz")
            _ = try await idle.answer()
            let silent = try LoopbackClient(port: port)
            let half = try LoopbackClient(port: port)
            half.send("GET /healthz HTTP/1.1\r\n")
            start.withLock { $0 = .now }
            await shutDown()
            try await eventually("the idle connections are closed") {
                idle.isClosed && silent.isClosed && half.isClosed
            }
        }
        #expect(ContinuousClock.now - start.withLock { $0! } < Self.idleTimeout / 2)
    }

    @Test func aTakenPortIsSaidWithTheAddress() async throws {
        try await withListener { port, _ in
            let answers = HealthAnswers(readiness: readiness, metrics: metrics, watchdog: Watchdog(logger: logger))
            let second = HealthListener(host: "127.0.0.1", port: UInt16(port), answers: answers, logger: logger)
            let error = await #expect(throws: ServiceKitError.self) { try await second.run() }
            #expect(error?.code == .cannotBind && error?.exitCode == .unavailable)
            #expect(
                error?.message
                    == "cannot bind the HTTP listener to 127.0.0.1:\(port); "
                    + "free the port, or give another --http-bind or --http-port (0 = any free one, off = none)")
            #expect(error.map { "\($0)".contains("Address already in use") } == true)
        }
    }
}
