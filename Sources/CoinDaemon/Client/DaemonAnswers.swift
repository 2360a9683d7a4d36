public import Mining

/// The answer of `getblockchaininfo`, as far as it is used here.
public struct BlockchainInfo: Decodable, Sendable, Hashable {
    /// `main`, `test` or `testnet4`, `signet` or `regtest`.
    public var chain: String
    /// The height of the best chain's newest block.
    public var blocks: Int
    /// The height up to which the daemon knows headers.
    public var headers: Int
    /// The hash of the best chain's newest block.
    public var bestBlockHash: String
    /// Whether the daemon still catches up with its chain.
    public var initialBlockDownload: Bool
    /// The work in the best chain.
    public var chainwork: Chainwork

    enum CodingKeys: String, CodingKey {
        case chain, blocks, headers, chainwork
        case bestBlockHash = "bestblockhash"
        case initialBlockDownload = "initialblockdownload"
    }
}

/// The answer of `getnetworkinfo`, as far as it is used here.
public struct NetworkInfo: Decodable, Sendable, Hashable {
    /// The version as a number, such as 210201 for 0.21.2.1.
    public var version: Int
    /// The name and version as sent to peers, such as `/LitecoinCore:0.21.2.1/`.
    public var subversion: String
    /// The number of peers.
    public var connections: Int
}

/// The answer of `getblockheader`, as far as it is used here.
public struct BlockHeader: Decodable, Sendable, Hashable {
    /// The block's hash.
    public var hash: String
    /// Its height.
    public var height: Int
    /// The work in the chain up to and including it.
    public var chainwork: Chainwork
    /// The hash of the block before it; nil for the genesis block.
    public var previousBlockHash: String?
    /// How many blocks of the best chain confirm it; -1 when it is not on the best chain.
    public var confirmations: Int

    enum CodingKeys: String, CodingKey {
        case hash, height, chainwork, confirmations
        case previousBlockHash = "previousblockhash"
    }
}

/// One of the answers of `getchaintips`: the end of a branch that the daemon knows.
public struct ChainTip: Decodable, Sendable, Hashable {
    /// What the daemon makes of the branch.
    public enum Status: String, Sendable, Hashable, Decodable {
        /// The best chain.
        case active
        /// Whole and valid, and not the best chain.
        case validFork = "valid-fork"
        /// Whole, and never validated, because it never had the most work.
        case validHeaders = "valid-headers"
        /// Some of its blocks are not there.
        case headersOnly = "headers-only"
        /// One of its blocks is invalid.
        case invalid
        /// A word that is not known here.
        case other

        /// Takes an unknown word for `other`.
        public init(from decoder: any Decoder) throws {
            self = Status(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .other
        }
    }

    /// The hash of the branch's newest block.
    public var hash: String
    /// Its height.
    public var height: Int
    /// What the daemon makes of it.
    public var status: Status
}
