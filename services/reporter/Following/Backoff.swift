/// How long to wait after failures in a row: twice as long after each, shortened at random by up to a half.
struct Backoff: Sendable, Equatable {
    /// The pause after the first failure.
    var first: Duration = .milliseconds(100)
    /// The longest pause.
    var maximum: Duration = .seconds(5)

    /// - Parameters:
    ///   - failures: from 1 on.
    ///   - jitter: in 0..<1.
    func pause(afterFailures failures: Int, jitter: Double) -> Duration {
        min(first * (1 << min(max(failures, 1) - 1, 16)), maximum) * (1 - jitter / 2)
    }
}
