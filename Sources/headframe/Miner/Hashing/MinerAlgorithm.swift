internal import ArgumentParser
internal import Crypto
internal import CryptoExtras

/// How a header becomes the number that is compared with the target.
enum MinerAlgorithm: String, CaseIterable, ExpressibleByArgument, Sendable {
    case scrypt
    case sha256d

    /// By how many bits 0xffff is shifted for the target of pool difficulty 1.
    var difficulty1Shift: Int {
        switch self {
        case .scrypt: 224
        case .sha256d: 208
        }
    }

    /// The hash of a header.
    ///
    /// - Throws: When the cryptographic library refuses, as it does when there is no memory.
    func hash(_ header: [UInt8]) throws -> Number256 {
        switch self {
        case .scrypt:
            let key = try KDF.Scrypt.deriveKey(
                from: header, salt: header, outputByteCount: 32, rounds: 1024, blockSize: 1, parallelism: 1)
            return Number256(littleEndian: key.withUnsafeBytes { Array($0) })
        case .sha256d:
            return Number256(littleEndian: Array(SHA256.hash(data: Array(SHA256.hash(data: header)))))
        }
    }
}
