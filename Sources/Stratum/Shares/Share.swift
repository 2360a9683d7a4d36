public import Mining

/// A share that was accepted.
public struct Share: Sendable, Hashable {
    /// Who sent it, as authorized.
    public var worker: String
    /// The id of the job, as the jobmanagers know it.
    public var jobID: String
    /// The difficulty that the share counts for: that of the job as it was issued.
    public var difficulty: Double
    /// The height of the block that was mined.
    public var height: Int
    /// The hash of the header that names the block, 64 digits in the order in which hashes are shown. It is the share's identity.
    public var hash: String
    /// The time in the header, in seconds since 1970.
    public var time: UInt32
    /// Whether the share solves the block.
    public var isBlock: Bool
}

/// Names a check within its session.
public struct CheckID: Sendable, Hashable {
    let number: UInt64
}

/// A share that passed every cheap test and waits for its hash: to be run beside the I/O thread.
public struct ShareCheck: Sendable {
    /// What the result is handed back under, to ``Session/checked(_:_:now:)``.
    public let id: CheckID
    /// What was worked on.
    public let work: Work
    /// What the miner found.
    public let solution: Solution
    /// What the hash must not exceed.
    public let target: UInt256
    /// The difficulty of the job as it was issued; the target is its.
    public let difficulty: Double
    /// Who sent the share.
    public let worker: String

    /// Hashes the header. It takes about a quarter of a millisecond for scrypt.
    ///
    /// A hash that meets the network's target is a block whatever the share's difficulty.
    public func run() -> ShareResult {
        let header = work.header(solution)
        let proof: UInt256
        do {
            proof = try work.algorithm.algorithm.hash(header: header)
        } catch {
            return .failed(error.message)
        }
        let hash = BlockAssembly.hash(header: header)
        if proof <= work.networkTarget {
            return .block(hash: hash, header: header, coinbase: work.coinbase(solution.extranonce))
        }
        return proof <= target ? .accepted(hash: hash) : .lowDifficulty
    }
}

/// What came of a check.
public enum ShareResult: Sendable, Hashable {
    /// The hash meets the share's target; `hash` is the header's, which names the block.
    case accepted(hash: String)
    /// The hash meets the network's target too: the header and the coinbase without witness, for ``BlockAssembly``.
    case block(hash: String, header: [UInt8], coinbase: [UInt8])
    /// The hash is above the target.
    case lowDifficulty
    /// The hash could not be computed, and why.
    case failed(String)
    /// It meets its target and could not be recorded, and why: it does not count.
    case unrecorded(String)
    /// It meets its target and was recorded before: it counts once.
    case recordedBefore
}

extension ShareResult {
    /// Whether the share counts.
    public var isAccepted: Bool {
        switch self {
        case .accepted, .block: true
        case .lowDifficulty, .failed, .unrecorded, .recordedBefore: false
        }
    }
}
