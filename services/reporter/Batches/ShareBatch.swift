internal import Mining

/// Shares of one source that are counted together.
struct ShareBatch: Sendable, Equatable {
    /// The store that took them in, as its UUID in text.
    var origin: String
    /// The cursor that the batch continues: nothing between it and the first share is left.
    var after: UInt64
    /// The cursor behind the batch.
    var upTo: UInt64
    /// The shares, in the order of their sequences.
    var shares: [PoolShare] = []
}

/// What became of a batch.
enum BatchOutcome: Sendable, Equatable {
    /// The batch is counted. `known` shares were counted before, in other batches; `late` ones may have been, which nobody can tell
    /// any more: they are listed and not counted.
    case counted(shares: Int, known: Int, late: Int = 0)
    /// Nothing was written: the source's cursor stands here.
    case refused(cursor: UInt64)
}

/// What the counting of shares can be told.
struct CountingOptions: Sendable, Equatable {
    /// How long the hashes of a job's shares are remembered after the last of them came: for shares that two servers have.
    var seenLife: Duration = .seconds(24 * 3600)
    /// How much weight the window of PPLNS has, in units of ``PoolShare/weightPerDifficulty``.
    var windowWeight: Int64 = 1_000_000 * PoolShare.weightPerDifficulty
    /// How many minutes the window of PPLNS has at most.
    var windowMinutes = 1440
    /// How long the shares of a minute are kept one by one after the last of them was counted: a block that is counted later than that
    /// cannot end a round among them any more.
    var detailLife: Duration = .seconds(2 * 3600)
}
