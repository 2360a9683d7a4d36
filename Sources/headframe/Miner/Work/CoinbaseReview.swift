/// What a miner can see of the coinbase transaction that it is given to hash.
///
/// The pool sends it in two parts, and the extranonces go between them. Their sizes are right only if the script, whose length
/// stands in the first part, ends where the second part says; so the whole is read as a node would read it.
struct CoinbaseReview: Equatable, Sendable {
    /// The block's height, as BIP 34 has it at the beginning of the script; nil where there is none.
    let height: Int?
    /// What all outputs pay, in the smallest unit.
    let value: UInt64
    let outputs: Int

    /// Reads a coinbase transaction without its witness.
    ///
    /// - Parameters:
    ///   - bytes: The whole of it, extranonces included.
    ///   - extranonces: Where in it they are; they have to lie in the script.
    /// - Throws: ``PoolViolation`` that says what is wrong with it.
    init(_ bytes: [UInt8], extranonces: Range<Int>) throws(PoolViolation) {
        var reader = ByteReader(bytes)
        _ = try reader.number(4, "the version")
        guard try reader.count("the number of inputs") == 1 else {
            throw PoolViolation("the coinbase has not exactly one input")
        }
        guard try reader.take(32, "the previous output").allSatisfy({ $0 == 0 }),
            try reader.number(4, "the previous output") == 0xffff_ffff
        else { throw PoolViolation("the coinbase's input names a previous output") }
        let scriptLength = try reader.count("the script's length")
        guard (2...100).contains(scriptLength) else {
            throw PoolViolation("the coinbase's script has \(scriptLength) bytes; 2 to 100 are allowed")
        }
        let scriptStart = reader.position
        let script = try reader.take(scriptLength, "the script")
        guard extranonces.lowerBound >= scriptStart, extranonces.upperBound <= reader.position else {
            throw PoolViolation("the extranonces do not lie in the coinbase's script: their sizes do not fit")
        }
        _ = try reader.number(4, "the sequence")
        let outputs = try reader.count("the number of outputs")
        guard outputs > 0 else { throw PoolViolation("the coinbase has no output") }
        var value: UInt64 = 0
        for _ in 0..<outputs {
            let (sum, overflow) = value.addingReportingOverflow(try reader.number(8, "an output's value"))
            guard !overflow else { throw PoolViolation("the coinbase pays more than there can be") }
            value = sum
            _ = try reader.take(try reader.count("an output's length"), "an output's script")
        }
        _ = try reader.number(4, "the lock time")
        guard reader.isAtEnd else {
            throw PoolViolation("the coinbase goes on after its end: the sizes of its parts do not fit")
        }
        self.outputs = outputs
        self.value = value
        height = Self.height(Array(script))
    }

    /// The first number of a script: OP_1 to OP_16, or a push of one to eight bytes.
    private static func height(_ script: [UInt8]) -> Int? {
        guard let first = script.first else { return nil }
        if (0x51...0x60).contains(first) { return Int(first) - 0x50 }
        guard (1...8).contains(first), script.count > Int(first) else { return nil }
        let number = script[1...Int(first)]
        guard let top = number.last, top < 0x80 else { return nil }
        return number.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}

/// Takes bytes from the front.
private struct ByteReader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ count: Int, _ what: String) throws(PoolViolation) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else {
            throw PoolViolation("the coinbase ends within \(what): the sizes of its parts do not fit")
        }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A number, its least significant byte first.
    mutating func number(_ count: Int, _ what: String) throws(PoolViolation) -> UInt64 {
        try take(count, what).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A number of variable length, which says how many of something follow.
    mutating func count(_ what: String) throws(PoolViolation) -> Int {
        let first = try number(1, what)
        let number =
            switch first {
            case 0xfd: try number(2, what)
            case 0xfe: try number(4, what)
            case 0xff: try number(8, what)
            default: first
            }
        guard let count = Int(exactly: number), count <= bytes.count else {
            throw PoolViolation("\(what) in the coinbase is \(number), more than it has bytes")
        }
        return count
    }
}
