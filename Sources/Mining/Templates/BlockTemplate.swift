/// A block to be mined as a coin daemon proposes it: the answer of `getblocktemplate`.
///
/// The field names of the RPC are the coding keys, so a template that was published reads like the daemon's own answer. A decoded
/// value is well-formed: hashes, bits, target, scripts and transactions are hexadecimal of the right length; what is missing or
/// malformed is a `DecodingError` that names the field. Unknown fields are ignored.
///
/// Source: BIP 22, BIP 23, BIP 9, BIP 145; Litecoin Core adds `mweb`.
public struct BlockTemplate: Codable, Sendable, Hashable {
    /// The block version to use, with its signalling bits.
    public var version: Int32
    /// The rules that the block must follow; one that starts with `!` changes how the block is built.
    public var rules: [String]
    /// Hash of the block to build on, as 64 hexadecimal digits in the order in which hashes are shown.
    public var previousBlockHash: String
    /// The transactions after the coinbase, in the order that the block must have.
    public var transactions: [TemplateTransaction]
    /// Data that the coinbase script should hold, by its name; often empty.
    public var coinbaseAux: [String: String]
    /// What the coinbase may pay out, in the coin's smallest unit, fees included.
    public var coinbaseValue: Int64
    /// Names this state of the daemon for a long poll; nil where the daemon offers none.
    public var longPollID: String?
    /// The number that the block's proof of work must not exceed: 64 hexadecimal digits, most significant first.
    public var target: String
    /// The earliest block time allowed, in seconds since 1970.
    public var minimumTime: Int64
    /// What a miner may change, for example `time`.
    public var mutable: [String]
    /// The nonces allowed: the lowest and the highest, 8 hexadecimal digits each.
    public var nonceRange: String
    /// The most signature operations that the block may have.
    public var sigOpLimit: Int
    /// The most bytes that the block may have.
    public var sizeLimit: Int
    /// The most weight that the block may have; nil before segregated witness.
    public var weightLimit: Int?
    /// The daemon's time when it made the template, in seconds since 1970.
    public var currentTime: Int64
    /// The compact form of `target`: 8 hexadecimal digits.
    public var bits: String
    /// The height of the block to be mined.
    public var height: Int
    /// The script of the coinbase output that commits to the witnesses. A daemon gives it before segregated witness is active, too.
    public var defaultWitnessCommitment: String?
    /// The extension block, as hexadecimal bytes to append to the block; nil before MWEB is active.
    public var mweb: String?

    /// Whether the block holds witnesses, its coinbase's among them, that the commitment is checked against.
    ///
    /// A block without active segregated witness must hold none, whatever it commits to.
    /// Source: BIP 9 (`rules` of `getblocktemplate`); Litecoin Core, `ContextualCheckBlock`.
    public var commitsToWitnesses: Bool {
        defaultWitnessCommitment != nil && rules.contains { $0 == "segwit" || $0 == "!segwit" }
    }

    /// The fees of all transactions together, in the coin's smallest unit.
    ///
    /// Absurd fees wrap around rather than end the process.
    public var totalFee: Int64 { transactions.reduce(0) { $0 &+ $1.fee } }
}

/// A transaction that a block template wants in the block.
public struct TemplateTransaction: Codable, Sendable, Hashable {
    /// The transaction with its witness, as hexadecimal bytes.
    public var data: String
    /// Hash without the witness, in the order in which hashes are shown: the leaf of the merkle tree.
    public var txid: String
    /// Hash with the witness.
    public var hash: String
    /// Numbers, counted from 1, of the transactions before it in the template that must be in the block with it.
    public var depends: [Int]
    /// Its fee in the coin's smallest unit.
    public var fee: Int64
    /// Its signature operations as the block's limit counts them.
    public var sigops: Int
    /// Its weight as the block's limit counts it.
    public var weight: Int
}
