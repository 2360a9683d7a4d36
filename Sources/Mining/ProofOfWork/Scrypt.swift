internal import CryptoExtras

/// Scrypt with N = 1024, r = 1, p = 1 over the header as password and salt: Litecoin's proof of work.
///
/// One hash takes about a quarter of a millisecond and 128 KiB: not for an I/O thread.
///
/// Source: RFC 7914; Litecoin Core, `scrypt_1024_1_1_256`.
public struct Scrypt: ProofOfWork {
    /// The algorithm has no settings.
    public init() {}

    /// `scrypt`.
    public var name: String { "scrypt" }

    /// `0x0000ffff << 224`, as scrypt pools count: about 65536 hashes.
    public let difficulty1 = UInt256(words: (0, 0, 0, 0x0000_ffff_0000_0000))

    /// The hash of a header of 80 bytes.
    public func hash(header: [UInt8]) throws(MiningError) -> UInt256 {
        try checkLength(ofHeader: header)
        do {
            let key = try KDF.Scrypt.deriveKey(
                from: header, salt: header, outputByteCount: 32, rounds: 1024, blockSize: 1, parallelism: 1)
            return key.withUnsafeBytes { UInt256(littleEndian: $0) }
        } catch {
            throw MiningError(
                .hashFailed, "scrypt of a block header failed: \(error); see whether the machine is out of memory",
                cause: error)
        }
    }
}
