/// An accepted share as it lies in the durable queue and is counted from there.
///
/// Its identity is ``hash``: the double SHA-256 of its header. The bytes are laid out as `docs/PROTOCOL.md` says.
public struct PoolShare: Hashable, Sendable {
    /// How many parts a difficulty of 1 has: weights are whole numbers, so that sums of them are exact in any order.
    public static let weightPerDifficulty: Int64 = 65536
    /// The most bytes of UTF-8 that a worker's name or a job's id may take; longer ones are cut.
    public static let textBytes = 128

    /// Who sent it, as authorized.
    public let worker: String
    /// The id of the job, as the jobmanagers know it.
    public let jobID: String
    /// The height of the block that was mined.
    public let height: Int
    /// The hash of the header, 32 bytes in the order in which hashes are shown.
    public let hash: [UInt8]
    /// When it was accepted, in milliseconds since 1970.
    public let timeMilliseconds: Int64
    /// What it counts for, at least 1; ``weightPerDifficulty`` is a difficulty of 1.
    public let weight: Int64
    /// Whether it solves the block.
    public let isBlock: Bool

    /// The difficulty that it counts for, as far as the weight tells.
    public var difficulty: Double { Double(weight) / Double(Self.weightPerDifficulty) }

    /// A share from its parts. Texts of more than ``textBytes`` are cut at a character.
    ///
    /// - Parameters:
    ///   - hash: 32 bytes.
    ///   - difficulty: positive; rounded to the weight, at least to 1.
    public init(
        worker: String, jobID: String, height: Int, hash: [UInt8], timeMilliseconds: Int64, difficulty: Double,
        isBlock: Bool
    ) {
        self.init(
            worker: worker, jobID: jobID, height: height, hash: hash, timeMilliseconds: timeMilliseconds,
            weight: Self.weight(of: difficulty), isBlock: isBlock)
    }

    /// A share from its parts, by its weight.
    public init(
        worker: String, jobID: String, height: Int, hash: [UInt8], timeMilliseconds: Int64, weight: Int64, isBlock: Bool
    ) {
        precondition(hash.count == Self.hashBytes, "the hash of a share has 32 bytes, not \(hash.count)")
        self.worker = worker.cut(to: Self.textBytes)
        self.jobID = jobID.cut(to: Self.textBytes)
        self.height = height
        self.hash = hash
        self.timeMilliseconds = timeMilliseconds
        self.weight = max(weight, 1)
        self.isBlock = isBlock
    }

    /// The whole number that a difficulty counts for: at least 1, at most 2^53, which is a difficulty of 137 billion.
    public static func weight(of difficulty: Double) -> Int64 {
        let parts = (difficulty * Double(weightPerDifficulty)).rounded()
        guard parts >= 1 else { return 1 }
        return parts < Double(1 << 53) ? Int64(parts) : 1 << 53
    }
}

// The layout.
extension PoolShare {
    private static let version: UInt8 = 1
    private static let hashBytes = 32
    /// All but the texts: version, flags, hash, time, weight, height, two lengths.
    private static let fixedBytes = 1 + 1 + hashBytes + 8 + 8 + 4 + 1 + 1
    private static let blockFlag: UInt8 = 1

    /// The share as it is stored.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.fixedBytes + jobID.utf8.count + worker.utf8.count)
        bytes.append(Self.version)
        bytes.append(isBlock ? Self.blockFlag : 0)
        bytes += hash
        bytes.append(littleEndian: timeMilliseconds)
        bytes.append(littleEndian: weight)
        bytes.append(littleEndian: UInt32(clamping: height))
        for text in [jobID, worker] {
            bytes.append(UInt8(text.utf8.count))
            bytes += text.utf8
        }
        return bytes
    }

    /// The share that bytes stand for.
    ///
    /// - Throws: ``MiningError/Code/invalidShare`` for anything that ``bytes`` did not make.
    public init(bytes: some Collection<UInt8>) throws(MiningError) {
        var rest = ArraySlice(bytes)
        let size = rest.count
        func wrong(_ what: String) -> MiningError {
            MiningError(
                .invalidShare,
                "a share of \(size) bytes cannot be read: \(what); run one version of stratum servers and reporters, the reporters first"
            )
        }
        func take(_ count: Int) throws(MiningError) -> ArraySlice<UInt8> {
            guard rest.count >= count else { throw wrong("it ends too early") }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        func number<Number: FixedWidthInteger & UnsignedInteger>(_ type: Number.Type) throws(MiningError) -> Number {
            try take(Number.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Number($1) }
        }
        func text() throws(MiningError) -> String {
            let bytes = try take(Int(try number(UInt8.self)))
            guard let text = String(validating: bytes, as: UTF8.self) else { throw wrong("a text of it is no UTF-8") }
            return text
        }
        let version = try number(UInt8.self)
        guard version == Self.version else { throw wrong("it is of version \(version), known is \(Self.version)") }
        let flags = try number(UInt8.self)
        guard flags & ~Self.blockFlag == 0 else { throw wrong("it has unknown flags, \(flags)") }
        let hash = Array(try take(Self.hashBytes))
        let time = Int64(bitPattern: try number(UInt64.self))
        let weight = Int64(bitPattern: try number(UInt64.self))
        guard weight >= 1 else { throw wrong("its weight is \(weight)") }
        let height = Int(try number(UInt32.self))
        let (jobID, worker) = (try text(), try text())
        guard rest.isEmpty else { throw wrong("\(rest.count) bytes are too many") }
        guard max(jobID.utf8.count, worker.utf8.count) <= Self.textBytes else {
            throw wrong("a text of it is too long")
        }
        self.init(
            worker: worker, jobID: jobID, height: height, hash: hash, timeMilliseconds: time, weight: weight,
            isBlock: flags & Self.blockFlag != 0)
    }
}

extension String {
    /// The text itself, or its beginning where it has more bytes; never half a character.
    fileprivate func cut(to bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: bytes)
        while end > startIndex, end.samePosition(in: self) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
