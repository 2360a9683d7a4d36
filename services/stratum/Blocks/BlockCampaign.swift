internal import Mining

/// Decides, for one found block, which jobmanagers are to be called and when it is decided. A value: answers and the time go
/// in, calls come out; randomness is a parameter.
///
/// Every jobmanager that takes calls is called at once, each for itself. One that does not decide is called again, after pauses that
/// grow. The block is decided when one has it accepted; or when all that are known have answered for good, and the others that may
/// still be starting have had the settling time to appear.
struct BlockCampaign: Sendable {
    /// What is to be done.
    enum Action: Sendable, Hashable {
        /// Call this jobmanager, with the job or without it.
        case call(instance: String, sendsJob: Bool)
        /// Nothing is left to be tried.
        case decided(BlockVerdict)
    }

    /// A jobmanager as the mesh knows it.
    struct Jobmanager: Sendable, Hashable {
        /// The instance.
        var instance: String
        /// Whether it takes calls now.
        var isReachable: Bool
    }

    fileprivate enum Attempt: Sendable {
        case due(ContinuousClock.Instant)
        case atWork
        case answered(BlockVerdict)
    }

    fileprivate struct Candidate: Sendable {
        var attempt: Attempt
        var isReachable: Bool
        /// Whether the mesh knows it. One that was forgotten while it was called is kept for its answer.
        var isKnown = true
        var sendsJob = false
        var failures = 0
        var words: [String: String] = [:]
    }

    /// How long the first and the longest pause is, before it is spread.
    static let pauses: ClosedRange<Duration> = .milliseconds(250) ... .seconds(30)
    /// How long nothing but an acceptance decides.
    static let settlingTime: Duration = .seconds(10)

    private let hash: String
    private let start: ContinuousClock.Instant
    private var candidates: [String: Candidate] = [:]
    private var isDecided = false

    /// A campaign that knows no jobmanager yet.
    init(hash: String, at now: ContinuousClock.Instant) {
        self.hash = hash
        start = now
    }

    /// What each daemon or jobmanager last said.
    var reasons: [String: String] {
        candidates.reduce(into: [:]) { reasons, candidate in
            reasons.merge(candidate.value.words) { _, new in new }
        }
    }

    /// When ``tick(at:)`` has something to do, if nothing else happens before; nil for never.
    var nextTick: ContinuousClock.Instant? {
        let due = candidates.values.compactMap { candidate -> ContinuousClock.Instant? in
            guard case .due(let time) = candidate.attempt, candidate.isReachable else { return nil }
            return time
        }
        // All have answered before the settling time was over: its end is what is waited for.
        let settling = candidates.values.contains { if case .answered = $0.attempt { true } else { false } }
        return isDecided ? nil : (due + (settling ? [start + Self.settlingTime] : [])).min()
    }

    /// The mesh knows these jobmanagers. One that it has forgotten is not waited for, but for the answer to a call that is under way.
    mutating func know(_ jobmanagers: [Jobmanager], at now: ContinuousClock.Instant) -> [Action] {
        let known = Set(jobmanagers.map(\.instance))
        candidates = candidates.filter { known.contains($0.key) || $0.value.isAtWork }
        for instance in candidates.keys { candidates[instance]?.isKnown = known.contains(instance) }
        for jobmanager in jobmanagers {
            guard var candidate = candidates[jobmanager.instance] else {
                candidates[jobmanager.instance] = Candidate(attempt: .due(now), isReachable: jobmanager.isReachable)
                continue
            }
            // It is back: what made it fail may be over.
            if jobmanager.isReachable, !candidate.isReachable, case .due = candidate.attempt {
                candidate.attempt = .due(now)
                candidate.failures = 0
            }
            candidate.isReachable = jobmanager.isReachable
            candidates[jobmanager.instance] = candidate
        }
        return tick(at: now)
    }

    /// A jobmanager answered.
    mutating func answered(
        _ instance: String, _ verdict: BlockVerdict, at now: ContinuousClock.Instant, random: Double
    ) -> [Action] {
        guard !isDecided, var candidate = candidates[instance] else { return [] }
        candidate.words = verdict.reasons
        switch verdict.outcome {
        case .accepted:
            candidates[instance] = candidate
            return decide(.accepted)
        case .orphaned, .rejected:
            candidate.attempt = .answered(verdict)
        case .unknownJob where !candidate.sendsJob:
            candidate.sendsJob = true
            candidate.attempt = .due(now)
        case .undecided, .unknownJob:
            candidate.postpone(at: now, random: random)
        }
        candidates[instance] = candidate.isKnown ? candidate : nil
        return tick(at: now)
    }

    /// The call failed.
    mutating func failed(
        _ instance: String, _ words: String, at now: ContinuousClock.Instant, random: Double
    ) -> [Action] {
        guard !isDecided, var candidate = candidates[instance] else { return [] }
        candidate.words = [instance: words]
        candidate.postpone(at: now, random: random)
        candidates[instance] = candidate.isKnown ? candidate : nil
        return tick(at: now)
    }

    /// Time has passed.
    mutating func tick(at now: ContinuousClock.Instant) -> [Action] {
        guard !isDecided else { return [] }
        if let outcome = refusedByAll, now - start >= Self.settlingTime { return decide(outcome) }
        var actions: [Action] = []
        for (instance, candidate) in candidates.sorted(by: { $0.key < $1.key }) {
            guard case .due(let time) = candidate.attempt, time <= now, candidate.isReachable else { continue }
            candidates[instance]?.attempt = .atWork
            actions.append(.call(instance: instance, sendsJob: candidate.sendsJob))
        }
        return actions
    }

    /// The outcome where every jobmanager that is known has answered for good, and there is one at least.
    private var refusedByAll: BlockVerdict.Outcome? {
        var outcome: BlockVerdict.Outcome?
        for candidate in candidates.values {
            guard case .answered(let verdict) = candidate.attempt else { return nil }
            if outcome != .orphaned { outcome = verdict.outcome }
        }
        return outcome
    }

    private mutating func decide(_ outcome: BlockVerdict.Outcome) -> [Action] {
        isDecided = true
        return [.decided(BlockVerdict(hash: hash, outcome: outcome, reasons: reasons))]
    }
}

extension BlockCampaign.Candidate {
    fileprivate var isAtWork: Bool { if case .atWork = attempt { true } else { false } }

    fileprivate mutating func postpone(at now: ContinuousClock.Instant, random: Double) {
        failures += 1
        let pause = min(
            BlockCampaign.pauses.upperBound, BlockCampaign.pauses.lowerBound * (1 << min(failures - 1, 20)))
        attempt = .due(now + pause * (0.5 + random))
    }
}
