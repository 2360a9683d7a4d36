internal import Mining
internal import Synchronization

/// The current work.
final class WorkBoard: Sendable {
    /// The work that miners are given now.
    struct Current: Sendable {
        /// The work.
        var work: Work
        /// When it came, or when a jobmanager last stood behind it.
        var confirmed: ContinuousClock.Instant
    }

    /// Gives work to every connection; `clean` when what was mined before is worthless.
    typealias Hand = (_ work: Work, _ clean: Bool) -> Void

    private let state = Mutex<Current?>(nil)
    private let ageLimit: Duration

    /// An empty board.
    ///
    /// - Parameter ageLimit: How long work is given out that nobody stands behind any more.
    init(ageLimit: Duration) { self.ageLimit = ageLimit }

    /// The current work; nil before the first, and when it is too old.
    func current(now: ContinuousClock.Instant) -> Current? {
        latest.flatMap { now - $0.confirmed < ageLimit ? $0 : nil }
    }

    /// The current work, of whatever age.
    var latest: Current? { state.withLock { $0 } }

    /// Makes work the current one and hands it out.
    ///
    /// - Parameter hand: Called while the board is held, so that work is handed out in the order in which it became current. It neither
    ///   waits for anything nor asks the board.
    /// - Returns: Whether what was mined before is worthless now: the block that it builds on is another.
    func put(_ work: Work, now: ContinuousClock.Instant, hand: Hand) -> Bool {
        state.withLock { current in
            let isClean = current?.work.previousBlockHash != work.previousBlockHash
            current = Current(work: work, confirmed: now)
            hand(work, isClean)
            return isClean
        }
    }

    /// A jobmanager stands behind the current work still: it is handed out once more.
    ///
    /// - Parameter hand: As for ``put(_:now:hand:)``: newer work cannot come between.
    func confirm(now: ContinuousClock.Instant, hand: Hand) {
        state.withLock { current in
            guard let work = current?.work else { return }
            current?.confirmed = now
            hand(work, false)
        }
    }
}
