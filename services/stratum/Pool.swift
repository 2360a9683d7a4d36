internal import Mining

/// Where found blocks go: it keeps them on disk and submits them until they are decided.
protocol BlockSink: Sendable {
    /// Takes a block at once and never waits for the network. Called on a hashing thread, so it may write to the disk.
    func found(_ block: FoundBlock)
}

/// A share that meets the network's target, with all that is needed to assemble the block of it.
struct FoundBlock: Codable, Sendable, Hashable {
    /// The job that was solved.
    var job: Job
    /// The solved header, 80 bytes.
    var header: [UInt8]
    /// The coinbase without its witness, as the miner hashed it.
    var coinbase: [UInt8]
    /// The block's hash as it is shown, 64 hexadecimal digits.
    var hash: String
    /// The block's height.
    var height: Int
    /// Who found it: `address.worker`.
    var worker: String
    /// When, in milliseconds since 1970; for people.
    var foundAtMilliseconds: Int64
}

/// Who keeps the shared state of the pool: connections and the totals of refused shares. What was accepted is counted from the queue.
///
/// Its methods are called on the I/O threads, for every connection and every share: they must not wait for anything.
protocol PoolRecorder: Sendable {
    /// A miner has subscribed.
    func connected(_ connection: ConnectionInfo)
    /// Something of a connection changed, its shares included; at most once a second for each connection.
    func updated(_ connection: ConnectionInfo)
    /// A connection that was told of is gone.
    func disconnected(_ connection: ConnectionInfo)
    /// A share was answered.
    func share(_ share: ShareRecord)
}

/// One miner's connection, as others may see it.
struct ConnectionInfo: Codable, Sendable, Hashable, Identifiable {
    /// Names the connection among all servers and all their lives: extranonce1 in hexadecimal.
    var id: String { extranonce1 }
    /// The miner's address: the one that a trusted proxy told of, if there is one.
    var address: String
    /// The address that the miner connected to, `host:port`.
    var listener: String
    /// The proxy's unique id of the connection, as hexadecimal digits where it is no plain text.
    var proxyID: String?
    /// The first worker that was authorized; nil before.
    var worker: String?
    /// The connection's part of the coinbase, in hexadecimal.
    var extranonce1: String
    /// The present difficulty.
    var difficulty: Double
    /// What the miner calls itself.
    var agent: String?
    /// When it connected, in milliseconds since 1970.
    var sinceMilliseconds: Int64
    /// How many shares were accepted.
    var accepted: Int
    /// How many shares were rejected.
    var rejected: Int
    /// When the last share was accepted, in milliseconds since 1970; nil before the first.
    var lastShareMilliseconds: Int64?
}

/// A share that was answered.
struct ShareRecord: Codable, Sendable, Hashable {
    /// What the answer was.
    enum Outcome: String, Codable, Sendable, CaseIterable {
        case accepted
        case stale
        case duplicate
        case lowDifficulty
        /// Malformed, not authorized, a time out of bounds, or the server was too busy to check.
        case invalid
        /// It met its target and could not be recorded.
        case unrecorded
    }

    /// Who sent it: `address.worker`.
    var worker: String
    /// What the answer was.
    var outcome: Outcome
    /// The difficulty that it counts for: that of the job it was made for; that of the connection where the job is unknown.
    var difficulty: Double
    /// When it was answered, in milliseconds since 1970.
    var atMilliseconds: Int64
    /// The job's height, for accepted ones.
    var height: Int?
    /// The header's hash (double SHA-256, as shown), which names the share; for accepted ones.
    var hash: String?
    /// Whether it solved a block.
    var isBlock = false
}

/// Keeps nothing.
struct ForgetfulRecorder: PoolRecorder {
    func connected(_ connection: ConnectionInfo) {}
    func updated(_ connection: ConnectionInfo) {}
    func disconnected(_ connection: ConnectionInfo) {}
    func share(_ share: ShareRecord) {}
}

/// Loses found blocks: for tests of everything else.
struct ForgetfulSink: BlockSink {
    func found(_ block: FoundBlock) {}
}
