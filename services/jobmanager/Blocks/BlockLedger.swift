internal import CoinDaemon
internal import Mining

/// Where blocks and what became of them are kept for everybody to see: the shared state.
protocol BlockLedger: Sendable {
    /// Writes an outcome. Of several about one block the better one stays, see `docs/PROTOCOL.md`.
    func record(_ outcome: BlockOutcome) async throws

    /// The blocks whose fate is not sealed yet, lowest first.
    func open() async throws -> [OpenBlock]

    /// Writes what the chain says of a block.
    ///
    /// - Returns: The outcome that was there before; nil where the block is not listed or is mature already.
    func follow(_ update: BlockUpdate) async throws -> BlockVerdict.Outcome?
}

/// What came of handing a block in.
struct BlockOutcome: Sendable, Hashable {
    var hash: String
    var height: Int
    var jobID: String
    var outcome: BlockVerdict.Outcome
    var reasons: [String: String]
    /// What the coinbase pays, in the coin's smallest unit.
    var value: Int64
    /// The network's difficulty, in the pool's measure.
    var networkDifficulty: Double

    init(_ block: AssembledBlock, _ verdict: BlockVerdict) {
        hash = block.hash
        height = block.job.template.height
        jobID = block.job.id
        outcome = verdict.outcome
        reasons = verdict.reasons
        value = block.value
        networkDifficulty = block.networkDifficulty
    }
}

/// A block that is still followed.
struct OpenBlock: Sendable, Hashable {
    var hash: String
    var height: Int
    var outcome: BlockVerdict.Outcome
    /// As last seen; nil before.
    var confirmations: Int?
}

/// What the chain says of a block.
struct BlockUpdate: Sendable, Hashable {
    /// How a block's story ends.
    enum End: String, Sendable, Hashable {
        /// It can be spent.
        case mature
        /// The chain has gone on without it for so long that nothing will bring it back.
        case gone
    }

    var hash: String
    var outcome: BlockVerdict.Outcome
    /// -1 beside the chain; nil where the daemon does not know the block.
    var confirmations: Int?
    /// Nil while it is to be followed on.
    var end: End?
}

extension OpenBlock {
    /// Confirmations after which a coinbase can be spent.
    static let maturity = 100

    /// What to write, after a daemon has said where it has the block; nil for nothing new.
    ///
    /// - Parameter tip: The height of that daemon's best chain.
    func update(_ standing: BlockStanding, tip: Int) -> BlockUpdate? {
        let isBuried = tip - height >= Self.maturity
        let update =
            switch standing {
            case .inChain(let confirmations):
                BlockUpdate(
                    hash: hash, outcome: .accepted, confirmations: confirmations,
                    end: confirmations >= Self.maturity ? .mature : nil)
            case .beside:
                BlockUpdate(hash: hash, outcome: .orphaned, confirmations: -1, end: isBuried ? .gone : nil)
            case .invalid:
                BlockUpdate(hash: hash, outcome: .rejected, confirmations: -1, end: .gone)
            case .unknown:
                // Another daemon may have it. Only time tells.
                BlockUpdate(hash: hash, outcome: outcome, confirmations: confirmations, end: isBuried ? .gone : nil)
            }
        let isNew = update.outcome != outcome || update.confirmations != confirmations || update.end != nil
        return isNew ? update : nil
    }
}
