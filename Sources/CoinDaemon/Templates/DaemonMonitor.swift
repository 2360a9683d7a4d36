/// Judges one daemon by the outcome of each attempt: its health, when to try again, and what is worth a log line.
///
/// A problem is announced when it starts and when it changes its kind, then once a minute, and its end is announced.
public struct DaemonMonitor: Sendable {
    /// What is worth a log line.
    public enum Notice: Sendable, Hashable {
        /// The daemon gives templates, for the first time or again after `trouble`.
        case ready(after: DaemonHealth.State, trouble: Duration)
        /// A problem started, or became another one.
        case problem(DaemonHealth.State, reason: String)
        /// A problem is still there.
        case stillThere(DaemonHealth.State, reason: String, for: Duration)
    }

    /// What is known about the daemon.
    public private(set) var health: DaemonHealth

    private let backoff: Backoff
    private var lastNotice: ContinuousClock.Instant
    private static let noticeInterval: Duration = .seconds(60)

    /// A monitor that knows nothing yet.
    public init(backoff: Backoff = Backoff(), at now: ContinuousClock.Instant) {
        health = DaemonHealth(unknownSince: now)
        self.backoff = backoff
        lastNotice = now
    }

    /// The daemon gave a template.
    public mutating func succeeded(at now: ContinuousClock.Instant) -> Notice? {
        guard !health.isReady else { return nil }
        let before = health
        health = DaemonHealth(unknownSince: now)
        health.state = .ready
        health.notReadySince = nil
        return .ready(after: before.state, trouble: now - (before.notReadySince ?? now))
    }

    /// An attempt failed; `health.nextTry` says when the next one is due.
    ///
    /// - Parameter random: a number from 0 up to 1 that spreads the attempts of many clients.
    public mutating func failed(_ error: CoinDaemonError, at now: ContinuousClock.Instant, random: Double) -> Notice? {
        let state = DaemonHealth.State(error.code)
        let isNew = state != health.state
        if isNew {
            health.state = state
            health.since = now
        }
        health.notReadySince = health.notReadySince ?? now
        health.reason = error.message
        health.failures += 1
        health.nextTry = now + backoff.delay(afterFailures: health.failures, random: random)

        guard isNew || now - lastNotice >= Self.noticeInterval else { return nil }
        lastNotice = now
        return isNew
            ? .problem(state, reason: error.message)
            : .stillThere(state, reason: error.message, for: now - health.since)
    }
}

/// How long to wait between attempts: twice as long after each failure, up to a limit, and spread at random.
public struct Backoff: Sendable, Hashable {
    /// The wait after the first failure, before it is spread.
    public var first: Duration
    /// The longest wait, before it is spread.
    public var limit: Duration

    /// A backoff; the defaults suit a daemon on the same host or network.
    public init(first: Duration = .milliseconds(250), limit: Duration = .seconds(5)) {
        self.first = first
        self.limit = limit
    }

    /// The wait after so many failures in a row: between half and one and a half times its base.
    ///
    /// - Parameter random: a number from 0 up to 1.
    public func delay(afterFailures failures: Int, random: Double) -> Duration {
        let base = min(limit, first * (1 << min(max(failures - 1, 0), 20)))
        return base * (0.5 + random)
    }
}
