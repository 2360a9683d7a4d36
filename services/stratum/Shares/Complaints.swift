internal import Synchronization

/// Lets one complaint in ten seconds through, and counts the others.
final class Complaints: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var silent = 0
    }

    private static let interval: Duration = .seconds(10)

    private let state = Mutex(State())

    /// Complains through `log`, unless that was done just now.
    ///
    /// - Parameter log: gets words that say how many were left out since the last; empty for none.
    func complain(now: ContinuousClock.Instant, _ log: (_ alike: String) -> Void) {
        let silent: Int? = state.withLock { state in
            if let last = state.last, now - last < Self.interval {
                state.silent += 1
                return nil
            }
            defer { state = State(last: now) }
            return state.silent
        }
        if let silent { log(silent > 0 ? ", \(silent) more since the last line" : "") }
    }
}
