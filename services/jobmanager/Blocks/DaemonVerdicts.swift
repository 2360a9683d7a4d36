internal import CoinDaemon
internal import Mining

/// What the configured daemons made of one block so far, and what that comes to.
struct DaemonVerdicts: Sendable {
    private var verdicts: [String: DaemonVerdict]
    private let hash: String

    /// No daemon has spoken.
    init(hash: String, daemons: [String]) {
        self.hash = hash
        verdicts = Dictionary(uniqueKeysWithValues: Set(daemons).map { ($0, .undecided("no answer yet")) })
    }

    /// Takes in what one daemon said.
    mutating func set(_ verdict: DaemonVerdict, by daemon: String) {
        verdicts[daemon] = verdict
    }

    /// One daemon that has the block in its chain outweighs the others; a refusal takes all of them.
    var outcome: BlockVerdict.Outcome {
        if verdicts.values.contains(.accepted) { return .accepted }
        if verdicts.isEmpty || verdicts.values.contains(where: { !$0.isFinal }) { return .undecided }
        return verdicts.values.contains(.orphaned) ? .orphaned : .rejected
    }

    /// The answer to whoever handed the block in.
    var combined: BlockVerdict {
        BlockVerdict(hash: hash, outcome: outcome, reasons: verdicts.mapValues(\.words))
    }
}
