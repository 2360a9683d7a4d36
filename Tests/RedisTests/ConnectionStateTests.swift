internal import TestSupport
internal import Testing

@testable internal import Redis

/// A connection state with a clock of its own, that keeps the actions.
private struct Driver {
    var state: ConnectionState
    var now = ContinuousClock.now
    var timer: Duration?
    var finished: [UInt64: [Result<RedisValue, RedisError>]] = [:]
    var written: [[UInt8]] = []
    var reports: [ConnectionState.Report] = []
    var hasEnded = false
    static let address = RedisAddress.tcp(host: "127.0.0.1", port: 6379)

    init(configure: (inout RedisConfiguration) -> Void = { _ in }) {
        var configuration = RedisConfiguration(url: RedisURL(address: Self.address), clientName: "")
        configure(&configuration)
        // With no name, the greeting is one PING.
        state = ConnectionState(configuration: configuration, greeting: Greeting(configuration))
    }

    mutating func take(_ event: ConnectionState.Event, jitter: Double = 0) {
        if case .timerFired = event { timer = nil }
        for action in state.handle(event, now: now, jitter: jitter) {
            switch action {
            case .setTimer(let delay): timer = delay
            case .stopTimer: timer = nil
            case .finish(let id, let result): finished[id, default: []].append(result)
            case .write(let bytes): written.append(bytes)
            case .report(let report): reports.append(report)
            case .ended: hasEnded = true
            case .askForAddress, .connect, .drop, .deliver: break
            }
        }
    }

    /// Lets the timer's time pass and fires it.
    mutating func fire() {
        now += timer ?? .zero
        take(.timerFired)
    }

    mutating func becomeReady() {
        take(.addressKnown(.success(Self.address)))
        take(.connected)
        take(.received([.status("PONG")]))
    }

    mutating func submit(_ id: UInt64, replyCount: Int = 1, waits: Bool = false) {
        take(
            .submitted(
                CommandUnit(
                    id: id, name: "SET", encoded: [1, 2, 3], replyCount: replyCount, waitsForConnection: waits,
                    deadline: .seconds(1))))
    }

    func code(_ id: UInt64) -> RedisError.Code? {
        guard case .failure(let error)? = finished[id]?.first else { return nil }
        return error.code
    }
}

@Suite struct ConnectionStateTests {
    @Test func pausesGrowToTheirLimitAndJitterShortensThemByHalfAtMost() {
        let backoff = RedisBackoff()
        #expect(backoff.pause(afterFailures: 1, jitter: 0) == .milliseconds(50))
        #expect(backoff.pause(afterFailures: 3, jitter: 0) == .milliseconds(200))
        #expect(backoff.pause(afterFailures: 1000, jitter: 0) == .seconds(2))
        #expect(backoff.pause(afterFailures: 1000, jitter: 0.999) > .seconds(1))
    }

    @Test func theFirstFailureIsReportedAtOnceAndLaterOnesSeldom() {
        var driver = Driver()
        driver.take(.start)
        let began = driver.now
        while driver.now - began < .seconds(100) {
            driver.take(.addressKnown(.success(Driver.address)))
            driver.take(.lost(reason: "Connection refused"))
            driver.fire()
        }
        guard case .lost(let error)? = driver.reports.first else { return #expect(Bool(false), "nothing was reported") }
        #expect(error.message.contains("127.0.0.1:6379"))
        #expect(driver.reports.count == 4)
        driver.becomeReady()
        guard case .connected(_, let failures, let outage)? = driver.reports.last else {
            return #expect(Bool(false), "the return was not reported")
        }
        #expect(failures > 50)
        #expect(outage! >= .seconds(100))
    }

    @Test func aConnectionThatBreaksAtOnceDoesNotStartThePausesAnew() {
        var driver = Driver()
        driver.take(.start)
        for _ in 0..<10 {
            driver.becomeReady()
            driver.take(.lost(reason: "it closed the connection"))
            driver.fire()
        }
        driver.becomeReady()
        driver.take(.lost(reason: "it closed the connection"))
        #expect(driver.timer == .seconds(2))
        driver.fire()
        driver.becomeReady()
        driver.fire()
        driver.take(.lost(reason: "it closed the connection"))
        #expect(driver.timer == .milliseconds(50))
    }

    @Test func waitingCommandsGoOutInTheirOrder() {
        var driver = Driver()
        driver.take(.start)
        for id in (1...5) as ClosedRange<UInt64> { driver.submit(id, waits: true) }
        driver.submit(6)
        driver.take(.cancelled(2))
        driver.take(.deadlineReached(4))
        #expect(driver.code(6) == .notConnected)
        #expect(driver.code(2) == .cancelled)
        #expect(driver.code(4) == .notConnected)
        driver.becomeReady()
        driver.take(.received([.integer(1), .integer(3), .integer(5)]))
        for id in [1, 3, 5] as [UInt64] { #expect(driver.finished[id] == [.success(.integer(Int64(id)))]) }
    }

    @Test func anAnswerThatComesTooLateIsNotTakenForTheNext() {
        var driver = Driver()
        driver.take(.start)
        driver.becomeReady()
        driver.submit(1)
        driver.submit(2, replyCount: 3)
        driver.submit(3)
        driver.take(.deadlineReached(1))
        driver.take(.received([.integer(1), .integer(20), .integer(21)]))
        driver.take(.cancelled(2))
        driver.take(.received([.integer(22), .integer(3)]))
        #expect(driver.code(1) == .timeout)
        #expect(driver.code(2) == .cancelled)
        #expect(driver.finished[3] == [.success(.integer(3))])
    }

    @Test func silenceIsProbedAndEndsTheConnectionAfterASecondLook() {
        var driver = Driver { $0.silenceLimit = .seconds(4) }
        driver.take(.start)
        driver.becomeReady()
        driver.written = []
        driver.fire()
        #expect(driver.written.count == 1)
        driver.take(.received([.status("PONG")]))
        driver.fire()
        #expect(driver.state.status.isConnected)
        driver.fire()
        // The limit has passed; after a freeze of this process the answer may still lie in the socket.
        #expect(driver.state.status.isConnected)
        driver.fire()
        #expect(!driver.state.status.isConnected)
    }

    /// Whatever happens, each command ends exactly once, and those that were sent never end as if they had not been.
    @Test(arguments: 0..<300) func everyCommandEndsExactlyOnce(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var driver = Driver {
            $0.limits.pendingCommands = 20
            $0.limits.pendingBytes = 50
        }
        driver.take(.start)
        var last: UInt64 = 0
        for _ in 0..<400 {
            driver.now += .milliseconds(Int.random(in: 0..<200, using: &generator))
            switch Int.random(in: 0..<16, using: &generator) {
            case 0...4:
                last += 1
                driver.submit(
                    last, replyCount: Int.random(in: 1...3, using: &generator), waits: Bool.random(using: &generator))
            case 5, 6:
                let replies = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                    [.integer(1), .error("ERR x"), .error("READONLY x"), .status("OK"), .null].randomElement(
                        using: &generator)!
                        as RedisValue
                }
                driver.take(.received(replies))
            case 7: driver.take(.addressKnown(.success(Driver.address)))
            case 8: driver.take(.addressKnown(.failure(RedisError(code: .notConnected, message: "no address"))))
            case 9: driver.take(.connected)
            case 10: driver.take(.received([.status("PONG")]))
            case 11: driver.take(.deadlineReached(UInt64.random(in: 0...max(last, 1), using: &generator)))
            case 12: driver.take(.cancelled(UInt64.random(in: 0...max(last, 1), using: &generator)))
            case 13: if Int.random(in: 0..<6, using: &generator) == 0 { driver.take(.lost(reason: "it broke")) }
            default: if driver.timer != nil { driver.fire() }
            }
            #expect(driver.state.sent.count + driver.state.waiting.count <= 21, "seed \(seed)")
        }
        driver.take(.close)
        driver.submit(last + 1)
        #expect(driver.hasEnded)
        for id in 1...(last + 1) {
            #expect(driver.finished[id]?.count == 1, "command \(id), seed \(seed)")
        }
        #expect(driver.finished[0] == nil, "the probe is nobody's, seed \(seed)")
    }
}
