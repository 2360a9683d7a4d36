internal import Crypto

/// SHA-256 twice over the header: Bitcoin's proof of work.
public struct SHA256d: ProofOfWork {
    /// The algorithm has no settings.
    public init() {}

    /// `sha256d`.
    public var name: String { "sha256d" }

    /// `0xffff << 208`: about 2^32 hashes.
    public let difficulty1 = UInt256(words: (0, 0, 0, 0x0000_0000_ffff_0000))

    /// The hash of a header of 80 bytes.
    public func hash(header: [UInt8]) throws(MiningError) -> UInt256 {
        try checkLength(ofHeader: header)
        return UInt256(littleEndian: doubleSHA256(header))
    }
}

/// SHA-256 of the SHA-256: what blocks and transactions are named by; 32 bytes, in the order in which they are stored.
func doubleSHA256(_ bytes: [UInt8]) -> [UInt8] {
    var first = SHA256()
    first.update(data: bytes)
    var second = SHA256()
    first.finalize().withUnsafeBytes { second.update(bufferPointer: $0) }
    return Array(second.finalize())
}

func checkLength(ofHeader header: [UInt8]) throws(MiningError) {
    guard header.count == BlockAssembly.headerLength else {
        throw MiningError(
            .foreignSolution,
            "a block header is \(BlockAssembly.headerLength) bytes, these are \(header.count); send all of them")
    }
}
