/// The tree of hashes over a block's transactions, as far as a miner needs it.
enum MerkleTree {
    /// The hashes to combine with the first leaf, from the bottom up, to get to the root, whatever that leaf is.
    ///
    /// - Parameter others: the leaves after the first one, in order: transaction ids of 32 bytes as they are stored.
    static func branch(beside others: [[UInt8]]) -> [[UInt8]] {
        var branch: [[UInt8]] = []
        var level = others
        while !level.isEmpty {
            branch.append(level[0])
            if level.count % 2 == 0 { level.append(level[level.count - 1]) }
            level = stride(from: 1, to: level.count, by: 2).map { doubleSHA256(level[$0] + level[$0 + 1]) }
        }
        return branch
    }

    /// The root over a first leaf and its branch.
    static func root(_ leaf: [UInt8], _ branch: [[UInt8]]) -> [UInt8] {
        branch.reduce(leaf) { doubleSHA256($0 + $1) }
    }
}
