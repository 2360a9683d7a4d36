/// Where in which chain a block template builds: what tells a new block from a fork, and a fork from another network.
public struct ChainPosition: Codable, Sendable, Hashable {
    /// How many ancestors a position carries at most.
    public static let ancestorLimit = 16

    /// The network: the chain's name and the hash of its genesis block, as in `main:12a765e3...`.
    public var lineage: String
    /// Hash of the block that the template builds on.
    public var parent: String
    /// The work in the chain up to and including the parent.
    public var chainwork: Chainwork
    /// The height of the block to be mined: the parent's plus one.
    public var height: Int
    /// The newest blocks of the chain, newest first: the parent itself, its parent, and so on; fewer than the limit only
    /// near the genesis block.
    public var ancestors: [String]

    /// A position; of `ancestors` no more than the limit are kept.
    public init(lineage: String, parent: String, chainwork: Chainwork, height: Int, ancestors: [String]) {
        self.lineage = lineage
        self.parent = parent
        self.chainwork = chainwork
        self.height = height
        self.ancestors = Array(ancestors.prefix(Self.ancestorLimit))
    }
}
