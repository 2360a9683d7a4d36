public import Logging
internal import Synchronization

/// A logger for what may happen very often, such as malformed messages: one line per key and interval, with the
/// number of those that were left out.
public final class RateLimitedLog: Sendable {
    private let logger: Logger
    private let state: Mutex<RateLimit>
    private let start = ContinuousClock.now

    /// Logs to `logger`, at most once per key and `interval`.
    public init(_ logger: Logger, interval: Duration = .seconds(10)) {
        self.logger = logger
        state = Mutex(RateLimit(interval: interval))
    }

    /// Logs `message`, or counts it if `key` was logged less than the interval ago.
    public func log(
        _ level: Logger.Level, key: String, _ message: @autoclosure () -> Logger.Message,
        metadata: @autoclosure () -> Logger.Metadata = [:]
    ) {
        guard level >= logger.logLevel else { return }
        let now = start.duration(to: .now)
        guard case .log(let suppressed) = state.withLock({ $0.decide(key, at: now) }) else { return }
        var metadata = metadata()
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.log(level: level, message(), metadata: metadata)
    }
}
