internal import Crypto
internal import MessagePack

/// Something that a pool sent and that no correct pool sends.
struct PoolViolation: Error, Equatable, CustomStringConvertible {
    /// What was sent, and why it is wrong.
    let description: String

    init(_ description: String) { self.description = description }
}

/// A job as `mining.notify` brings it, its strings read and checked.
struct MinerJob: Equatable, Sendable {
    let id: String
    /// As it stands in the header.
    let previousHash: [UInt8]
    let coinbase1: [UInt8]
    let coinbase2: [UInt8]
    let branch: [[UInt8]]
    let version: UInt32
    let bits: UInt32
    let time: UInt32
    let networkTarget: Number256

    /// A block of 4 MB of the smallest transactions has less than 2^17 of them.
    private static let longestBranch = 17

    /// Reads the parameters of `mining.notify`: job, previous hash, both parts of the coinbase, branch, version, bits, time, clean.
    ///
    /// - Throws: ``PoolViolation`` that names the parameter.
    init(_ parameters: [MessagePackValue]) throws(PoolViolation) {
        guard parameters.count >= 9 else {
            throw PoolViolation("mining.notify has \(parameters.count) parameters instead of 9")
        }
        func text(_ index: Int, _ name: String) throws(PoolViolation) -> String {
            guard let text = parameters[index].stringValue else {
                throw PoolViolation("the \(name) in mining.notify is no string")
            }
            return text
        }
        func bytes(_ text: String, _ name: String, count: Int? = nil) throws(PoolViolation) -> [UInt8] {
            guard let bytes = HexText.bytes(text, count: count) else {
                let size = count.map { "\(2 * $0)" } ?? "an even number of"
                throw PoolViolation("the \(name) in mining.notify is not \(size) hexadecimal digits")
            }
            return bytes
        }
        func number(_ index: Int, _ name: String) throws(PoolViolation) -> UInt32 {
            guard let number = HexText.number(try text(index, name)) else {
                throw PoolViolation("the \(name) in mining.notify is not 8 hexadecimal digits")
            }
            return number
        }
        id = try text(0, "job's id")
        guard !id.isEmpty, id.utf8.count <= 128 else {
            throw PoolViolation("a job's id has 1 to 128 bytes, not \(id.utf8.count)")
        }
        previousHash = Self.swappingWords(try bytes(try text(1, "previous hash"), "previous hash", count: 32))
        coinbase1 = try bytes(try text(2, "first part of the coinbase"), "first part of the coinbase")
        coinbase2 = try bytes(try text(3, "second part of the coinbase"), "second part of the coinbase")
        guard let hashes = parameters[4].arrayValue, hashes.count <= Self.longestBranch else {
            throw PoolViolation("the branch in mining.notify is no array of at most \(Self.longestBranch) hashes")
        }
        var branch: [[UInt8]] = []
        for hash in hashes { branch.append(try bytes(hash.stringValue ?? "", "branch", count: 32)) }
        self.branch = branch
        version = try number(5, "version")
        bits = try number(6, "network's bits")
        time = try number(7, "time")
        guard let target = Number256(compactBits: bits) else {
            throw PoolViolation("the network's bits \(HexText.text(bits)) are no target")
        }
        networkTarget = target
    }

    /// The protocol has each word of four bytes of the previous hash turned around.
    private static func swappingWords(_ bytes: [UInt8]) -> [UInt8] {
        stride(from: 0, to: bytes.count, by: 4).flatMap { bytes[$0..<$0 + 4].reversed() }
    }

    /// The coinbase transaction as it is hashed.
    func coinbase(extranonces: [UInt8]) -> [UInt8] { coinbase1 + extranonces + coinbase2 }

    /// Checks what can be seen of the coinbase.
    ///
    /// - Throws: ``PoolViolation`` when it is none with extranonces of this size.
    func review(extranonceBytes count: Int) throws(PoolViolation) -> CoinbaseReview {
        try CoinbaseReview(
            coinbase(extranonces: [UInt8](repeating: 0, count: count)),
            extranonces: coinbase1.count..<coinbase1.count + count)
    }

    /// The 80 bytes to be hashed.
    func header(extranonces: [UInt8], version: UInt32, time: UInt32, nonce: UInt32) -> [UInt8] {
        let leaf = Self.doubleSHA256(coinbase(extranonces: extranonces))
        let root = branch.reduce(leaf) { Self.doubleSHA256($0 + $1) }
        return Self.littleEndian(version) + previousHash + root + Self.littleEndian(time) + Self.littleEndian(bits)
            + Self.littleEndian(nonce)
    }

    private static func littleEndian(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    static func doubleSHA256(_ bytes: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: Array(SHA256.hash(data: bytes))))
    }
}
