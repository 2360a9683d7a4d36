/// The template's texts as the bytes that go into a block.
///
/// A template that was decoded always has them; one that was made or changed in memory may not.
extension BlockTemplate {
    /// The parent's hash as a header holds it.
    func parentHash() throws(MiningError) -> [UInt8] {
        try hash(previousBlockHash, "previousblockhash")
    }

    /// The hashes to combine with the coinbase's, from the bottom up, to get to the merkle root.
    func merkleBranch() throws(MiningError) -> [[UInt8]] {
        var leaves: [[UInt8]] = []
        leaves.reserveCapacity(transactions.count)
        for transaction in transactions { leaves.append(try hash(transaction.txid, "transactions.txid")) }
        return MerkleTree.branch(beside: leaves)
    }

    /// The bytes of a hexadecimal field.
    func bytes(of hex: String, _ field: String) throws(MiningError) -> [UInt8] {
        guard let bytes = Hex.decode(hex) else { throw malformed(field, "hexadecimal bytes", hex) }
        return bytes
    }

    private func hash(_ shown: String, _ field: String) throws(MiningError) -> [UInt8] {
        guard let bytes = Hex.decode(shown), bytes.count == 32 else {
            throw malformed(field, "64 hexadecimal digits", shown)
        }
        return bytes.reversed()
    }

    private func malformed(_ field: String, _ wanted: String, _ found: String) -> MiningError {
        MiningError(
            .invalidTemplate,
            "the template's \(field) at height \(height) is not \(wanted) but '\(found.prefix(80))'; see the coin daemon"
        )
    }
}
