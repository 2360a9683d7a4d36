internal import Mining
internal import Synchronization

/// The current work, and the jobs whose shares may still solve a block.
final class WorkBoard: Sendable {
    /// The work that miners are given now.
    struct Current: Sendable {
        /// The work.
        var work: Work
        /// When it came, or when a jobmanager last stood behind it.
        var confirmed: ContinuousClock.Instant
    }

    private struct State {
        var current: Current?
        var jobs: [String: Job] = [:]
        var order: [String] = []
    }

    /// The most jobs that are kept; a connection knows fewer.
    static let jobLimit = 64

    private let state = Mutex(State())
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
    var latest: Current? { state.withLock { $0.current } }

    /// The job of that id; nil when it was given up.
    func job(_ id: String) -> Job? { state.withLock { $0.jobs[id] } }

    /// Makes a job's work the current one.
    ///
    /// - Returns: Whether what was mined before is worthless now: the block that it builds on is another.
    func put(_ job: Job, _ work: Work, now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            let isClean = state.current?.work.previousBlockHash != work.previousBlockHash
            state.current = Current(work: work, confirmed: now)
            if state.jobs.updateValue(job, forKey: job.id) != nil { state.order.removeAll { $0 == job.id } }
            state.order.append(job.id)
            if state.order.count > Self.jobLimit { state.jobs[state.order.removeFirst()] = nil }
            return isClean
        }
    }

    /// A jobmanager stands behind the current work still.
    func confirm(now: ContinuousClock.Instant) -> Work? {
        state.withLock { state in
            state.current?.confirmed = now
            return state.current?.work
        }
    }
}
