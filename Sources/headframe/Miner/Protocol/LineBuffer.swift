/// Takes bytes as they come and gives lines.
struct LineBuffer: Sendable {
    /// The longest line that is taken, in bytes: a coinbase with a thousand outputs has less.
    static let limit = 1 << 18

    private var bytes: [UInt8] = []

    /// The lines that are complete now, without their ends and without empty ones.
    ///
    /// - Throws: ``PoolViolation`` when a line is too long.
    mutating func append(_ new: some Sequence<UInt8>) throws(PoolViolation) -> [[UInt8]] {
        bytes.append(contentsOf: new)
        var lines: [[UInt8]] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[start..<end]
            lines.append(Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line))
            start = end + 1
        }
        bytes.removeFirst(start)
        guard bytes.count <= Self.limit, lines.allSatisfy({ $0.count <= Self.limit }) else {
            throw PoolViolation("the pool sent a line of more than \(Self.limit) bytes")
        }
        return lines.filter { !$0.isEmpty }
    }
}
