/// What became of a block that was handed in, as one jobmanager or all of them together see it.
public struct BlockVerdict: Codable, Sendable, Hashable {
    /// The kinds of outcome.
    public enum Outcome: String, Codable, Sendable, Hashable, CaseIterable {
        /// A daemon has the block on its best chain.
        case accepted
        /// A daemon has the block, found nothing wrong with it, and holds another chain for the best one.
        case orphaned
        /// Every configured daemon refused it for a reason that cannot change.
        case rejected
        /// None of these yet: a daemon did not answer, or refused it for a reason that may pass. Try again.
        case undecided
        /// The job is neither in memory nor in the store: send it along.
        case unknownJob
    }

    /// The block's hash, 64 hexadecimal digits in the order in which hashes are shown.
    public var hash: String
    /// What became of it.
    public var outcome: Outcome
    /// What each daemon said, by the daemon's URL.
    public var reasons: [String: String]

    /// A verdict from its parts.
    public init(hash: String, outcome: Outcome, reasons: [String: String] = [:]) {
        self.hash = hash
        self.outcome = outcome
        self.reasons = reasons
    }

    /// Whether nothing is left to be tried.
    public var isDecided: Bool {
        switch outcome {
        case .accepted, .orphaned, .rejected: true
        case .undecided, .unknownJob: false
        }
    }

    /// The verdict of several jobmanagers on one block; undecided when none has spoken.
    ///
    /// One that has the block outweighs all others; it is rejected only when all of them say so.
    public static func combined(_ verdicts: [BlockVerdict], hash: String) -> BlockVerdict {
        let outcomes = Set(verdicts.map(\.outcome))
        let outcome: Outcome =
            if outcomes.contains(.accepted) {
                .accepted
            } else if outcomes.contains(.orphaned) {
                .orphaned
            } else if outcomes.count == 1, let only = outcomes.first {
                only
            } else {
                .undecided
            }
        let reasons = verdicts.reduce(into: [:]) { reasons, verdict in
            reasons.merge(verdict.reasons) { "\($0); \($1)" }
        }
        return BlockVerdict(hash: hash, outcome: outcome, reasons: reasons)
    }
}
