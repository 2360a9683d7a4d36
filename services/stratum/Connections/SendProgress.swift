/// Whether a miner reads what is sent to it. A value; time is a parameter.
///
/// What counts is progress: a slow line that always has bytes waiting is no reason to end a connection as long as some of them leave.
struct SendProgress: Sendable {
    private var queued = 0
    private var gone = 0
    private var stuckSince: ContinuousClock.Instant?

    /// Bytes were queued to be sent.
    mutating func queue(_ bytes: Int) { queued += bytes }

    /// Looks at what is left unsent.
    ///
    /// - Parameter pending: The bytes that were queued and have not left.
    /// - Returns: For how long bytes have waited of which none left; zero where none wait.
    mutating func stuck(pending: Int, now: ContinuousClock.Instant) -> Duration {
        let gone = queued - pending
        defer { self.gone = gone }
        guard pending > 0 else {
            stuckSince = nil
            return .zero
        }
        let since = gone > self.gone ? now : stuckSince ?? now
        stuckSince = since
        return now - since
    }
}
