/// What a server needs of a job to hand it out and to check its shares: built once a job, with nothing left to compute for a
/// connection.
public struct Work: Sendable {
    /// The job that this is the work of: whoever solves it has all that its block is assembled of, however long ago the job came.
    public let job: Job
    /// Hash of the block to build on, 64 lower-case hexadecimal digits in the order in which hashes are shown.
    public let previousBlockHash: String
    /// The height of the block to be mined.
    public let height: Int
    /// The block version, with its signalling bits.
    public let version: UInt32
    /// The compact form of the network's target.
    public let bits: UInt32
    /// The daemon's time when it made the template, in seconds since 1970.
    public let time: UInt32
    /// The earliest block time allowed, in seconds since 1970.
    public let minimumTime: UInt32
    /// What a block's hash must not exceed.
    public let networkTarget: UInt256
    /// By which hash the block is mined.
    public let algorithm: ProofOfWorkKind
    /// How many bytes stand between the two parts of the coinbase.
    public let extranonceBytes: Int
    /// The coinbase before the extranonce, without witness.
    public let coinbase1: [UInt8]
    /// The coinbase after the extranonce.
    public let coinbase2: [UInt8]
    /// The hashes to combine with the coinbase's, from the bottom up, to get to the merkle root; 32 bytes each, as they are stored.
    public let branch: [[UInt8]]

    /// `mining.notify`: the previous hash as the header holds it, with the bytes of each 4-byte word reversed.
    public let previousHashWords: String
    /// `mining.notify`: the coinbase before the extranonce.
    public let coinbase1Hex: String
    /// `mining.notify`: the coinbase after the extranonce.
    public let coinbase2Hex: String
    /// `mining.notify`: the merkle branch.
    public let branchHex: [String]
    /// `mining.notify`: the version, the most significant digit first.
    public let versionHex: String
    /// `mining.notify`: the compact target.
    public let bitsHex: String
    /// `mining.notify`: the time, the most significant digit first.
    public let timeHex: String

    private let previousHash: [UInt8]

    /// The job's id.
    public var jobID: String { job.id }

    /// The work of a job.
    ///
    /// - Parameter extranonceBytes: how many bytes of the coinbase are left to the server and the miner together; 1 to 75.
    /// - Throws: `invalidTemplate`, `invalidPayout`, `invalidCoinbase`.
    public init(_ job: Job, extranonceBytes: Int = 12) throws(MiningError) {
        let template = job.template
        self.job = job
        height = template.height
        algorithm = job.algorithm
        version = UInt32(bitPattern: template.version)
        time = try Self.time(template.currentTime, "curtime")
        minimumTime = try Self.time(template.minimumTime, "mintime")
        guard let bits = UInt32(template.bits, radix: 16), UInt256(compactBits: bits) > .zero else {
            throw MiningError(
                .invalidTemplate, "the template's bits '\(template.bits)' are no target; see the coin daemon")
        }
        self.bits = bits
        networkTarget = UInt256(compactBits: bits)
        previousHash = try template.parentHash()
        previousBlockHash = Hex.encode(previousHash.reversed())
        branch = try template.merkleBranch()
        let coinbase = try CoinbaseParts(job, extranonceBytes: extranonceBytes)
        self.extranonceBytes = extranonceBytes
        coinbase1 = coinbase.head
        coinbase2 = coinbase.tail

        previousHashWords = Self.swappingWords(previousHash)
        coinbase1Hex = Hex.encode(coinbase1)
        coinbase2Hex = Hex.encode(coinbase2)
        branchHex = branch.map { Hex.encode($0) }
        versionHex = bigEndianHex(version)
        bitsHex = bigEndianHex(bits)
        timeHex = bigEndianHex(time)
    }

    /// The coinbase transaction without its witness: what is hashed and what is sent as part of a found block.
    ///
    /// - Parameter extranonce: `extranonceBytes` bytes; others make a transaction that no block can hold.
    public func coinbase(_ extranonce: [UInt8]) -> [UInt8] {
        coinbase1 + extranonce + coinbase2
    }

    /// The block header of a solution: 80 bytes.
    public func header(_ solution: Solution) -> [UInt8] {
        let root = MerkleTree.root(doubleSHA256(coinbase(solution.extranonce)), branch)
        var header: [UInt8] = []
        header.reserveCapacity(BlockAssembly.headerLength)
        header.append(littleEndian: solution.version)
        header += previousHash
        header += root
        header.append(littleEndian: solution.time)
        header.append(littleEndian: bits)
        header.append(littleEndian: solution.nonce)
        return header
    }

    private static func time(_ seconds: Int64, _ field: String) throws(MiningError) -> UInt32 {
        guard let time = UInt32(exactly: seconds) else {
            throw MiningError(
                .invalidTemplate,
                "the template's \(field) \(seconds) does not fit a block header; see the coin daemon's clock")
        }
        return time
    }

    private static func swappingWords(_ hash: [UInt8]) -> String {
        Hex.encode(stride(from: 0, to: 32, by: 4).flatMap { hash[$0..<$0 + 4].reversed() })
    }
}
