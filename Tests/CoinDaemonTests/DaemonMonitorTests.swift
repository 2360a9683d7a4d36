internal import CoinDaemon
internal import Testing

@Suite struct DaemonMonitorTests {
    private let start = ContinuousClock.now
    private let refused = CoinDaemonError(.unreachable, "refused")

    @Test func `a problem is announced at its start, once a minute, and at its end`() {
        var monitor = DaemonMonitor(at: start)
        #expect(monitor.succeeded(at: start + .seconds(1)) == .ready(after: .unknown, trouble: .seconds(1)))
        #expect(monitor.succeeded(at: start + .seconds(2)) == nil)

        let broken = start + .seconds(10)
        #expect(monitor.failed(refused, at: broken, random: 0.5) == .problem(.unreachable, reason: "refused"))
        var notices: [DaemonMonitor.Notice] = []
        for second in 1...150 {
            if let notice = monitor.failed(refused, at: broken + .seconds(second), random: 0.5) {
                notices.append(notice)
            }
        }
        #expect(
            notices == [
                .stillThere(.unreachable, reason: "refused", for: .seconds(60)),
                .stillThere(.unreachable, reason: "refused", for: .seconds(120)),
            ])
        #expect(monitor.health.failures == 151)
        #expect(monitor.succeeded(at: broken + .seconds(151)) == .ready(after: .unreachable, trouble: .seconds(151)))
        #expect(monitor.health.isReady)
        #expect(monitor.health.nextTry == nil)
        #expect(monitor.health.reason == "")
    }

    @Test func `a problem that becomes another one is announced, and the trouble counts from its beginning`() {
        var monitor = DaemonMonitor(at: start)
        _ = monitor.succeeded(at: start)
        _ = monitor.failed(refused, at: start + .seconds(1), random: 0)
        let warmup = CoinDaemonError(.warmingUp, "loading")
        #expect(monitor.failed(warmup, at: start + .seconds(3), random: 0) == .problem(.warmingUp, reason: "loading"))
        #expect(monitor.health.since == start + .seconds(3))
        #expect(monitor.health.notReadySince == start + .seconds(1))
        #expect(monitor.succeeded(at: start + .seconds(4)) == .ready(after: .warmingUp, trouble: .seconds(3)))
    }

    @Test func `pauses grow to a limit and are spread`() {
        let backoff = Backoff(first: .milliseconds(100), limit: .seconds(2))
        #expect(backoff.delay(afterFailures: 1, random: 0.5) == .milliseconds(100))
        #expect(backoff.delay(afterFailures: 1, random: 0) == .milliseconds(50))
        #expect(backoff.delay(afterFailures: 3, random: 0.5) == .milliseconds(400))
        #expect(backoff.delay(afterFailures: 6, random: 0.5) == .seconds(2))
        #expect(backoff.delay(afterFailures: 10_000, random: 0.5) == .seconds(2))
    }

    static let states: [(CoinDaemonError.Code, DaemonHealth.State)] = [
        (.unreachable, .unreachable), (.timeout, .hung), (.garbage, .garbage), (.tooLarge, .garbage),
        (.unauthorized, .unauthorized), (.warmingUp, .warmingUp), (.initialSync, .initialSync), (.noPeers, .noPeers),
        (.busy, .busy), (.foreignChain, .foreignChain), (.rpc(-1), .refusing),
    ]

    @Test(arguments: states) func `an error says how the daemon is`(
        code: CoinDaemonError.Code, state: DaemonHealth.State
    ) {
        #expect(DaemonHealth.State(code) == state)
    }
}
