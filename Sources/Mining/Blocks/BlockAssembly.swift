/// From a job, a solved header and its coinbase to the block that a coin daemon takes.
///
/// Source: BIP 141 (the coinbase's witness); Litecoin Core, `CBlock` (the extension block of MWEB behind the transactions).
public enum BlockAssembly {
    /// The bytes of a block header.
    public static let headerLength = 80

    /// The whole block, as `submitblock` takes it.
    ///
    /// - Parameters:
    ///   - header: 80 bytes; must build on the job's parent and hold the root over this coinbase and the job's transactions.
    ///   - coinbase: the coinbase transaction without its witness.
    /// - Throws: `foreignSolution` when header and coinbase do not belong to the job, `invalidTemplate`.
    public static func block(_ job: Job, header: [UInt8], coinbase: [UInt8]) throws(MiningError) -> [UInt8] {
        let template = job.template
        try check(job, header, coinbase)
        var block = header
        block.append(length: template.transactions.count + 1)
        block += template.commitsToWitnesses ? withWitness(coinbase) : coinbase
        for transaction in template.transactions {
            block += try template.bytes(of: transaction.data, "transactions.data")
        }
        if let extensionBlock = template.mweb {
            block.append(1)
            block += try template.bytes(of: extensionBlock, "mweb")
        }
        return block
    }

    /// The hash that names the block of a header, 64 hexadecimal digits in the order in which hashes are shown.
    ///
    /// It is SHA-256 twice whatever the block is mined by.
    public static func hash(header: [UInt8]) -> String {
        Hex.encode(doubleSHA256(header).reversed())
    }

    /// Puts the witness into a coinbase: one item of 32 zero bytes, the value that the commitment is made with.
    private static func withWitness(_ coinbase: [UInt8]) -> [UInt8] {
        coinbase.prefix(4) + [0, 1] + coinbase.dropFirst(4).dropLast(4)
            + [1, 32] + [UInt8](repeating: 0, count: 32) + coinbase.suffix(4)
    }

    private static func check(_ job: Job, _ header: [UInt8], _ coinbase: [UInt8]) throws(MiningError) {
        try checkLength(ofHeader: header)
        // The version, the number of inputs (a zero here would be the mark of a witness), and the locktime at least.
        guard coinbase.count >= 60, coinbase[4] == 1 else {
            throw MiningError(
                .foreignSolution,
                "the \(coinbase.count) bytes that came as the coinbase of the job \(job.id) are no transaction with one input; send "
                    + "it whole and without its witness")
        }
        guard try header[4..<36].elementsEqual(job.template.parentHash()) else {
            throw MiningError(
                .foreignSolution,
                "the header builds on \(Hex.encode(header[4..<36].reversed())) and the job \(job.id) on "
                    + "\(job.template.previousBlockHash); send the job that the share was mined for")
        }
        let root = MerkleTree.root(doubleSHA256(coinbase), try job.template.merkleBranch())
        guard header[36..<68].elementsEqual(root) else {
            throw MiningError(
                .foreignSolution,
                "the header's merkle root is not that of this coinbase with the transactions of the job \(job.id); send the "
                    + "job and the coinbase that the share was mined for")
        }
    }
}
