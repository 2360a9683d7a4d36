/// A number of 256 bits: a target, or a hash as what it is compared with a target.
public struct UInt256: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 64 bits each, the least significant first.
    var words: InlineWords

    /// Zero, which no hash meets as a target.
    public static let zero = UInt256(words: (0, 0, 0, 0))
    /// The highest number, which every hash meets as a target.
    public static let max = UInt256(words: (.max, .max, .max, .max))

    /// A number from its words, the least significant first.
    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = InlineWords(a: words.0, b: words.1, c: words.2, d: words.3)
    }

    /// The number that bytes stand for, the least significant first; of more than 32 bytes the rest is ignored.
    public init(littleEndian bytes: some Collection<UInt8>) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for (index, byte) in bytes.prefix(32).enumerated() {
            let part = UInt64(byte) << UInt64(index % 8 * 8)
            switch index / 8 {
            case 0: words.0 |= part
            case 1: words.1 |= part
            case 2: words.2 |= part
            default: words.3 |= part
            }
        }
        self.init(words: words)
    }

    /// Reads 1 to 64 hexadecimal digits of either case, the most significant first; nil for anything else.
    public init?(hex text: String) {
        let count = text.utf8.count
        guard (1...64).contains(count), let bytes = Hex.decode(count % 2 == 0 ? text : "0" + text) else { return nil }
        self.init(littleEndian: bytes.reversed())
    }

    /// A small number.
    public init(_ number: UInt64) {
        self.init(words: (number, 0, 0, 0))
    }

    /// 64 lower-case hexadecimal digits, the most significant first: how hashes and targets are shown.
    public var hex: String { Hex.encode(littleEndianBytes.reversed()) }

    /// The hexadecimal digits.
    public var description: String { hex }

    /// The 32 bytes, the least significant first: how hashes are stored.
    public var littleEndianBytes: [UInt8] {
        [words.a, words.b, words.c, words.d].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
        }
    }

    /// The nearest floating-point number.
    public var approximation: Double {
        [words.d, words.c, words.b, words.a].reduce(0) { $0 * 0x1p64 + Double($1) }
    }

    /// The order of the numbers.
    public static func < (left: UInt256, right: UInt256) -> Bool {
        if left.words.d != right.words.d { return left.words.d < right.words.d }
        if left.words.c != right.words.c { return left.words.c < right.words.c }
        if left.words.b != right.words.b { return left.words.b < right.words.b }
        return left.words.a < right.words.a
    }
}

/// Four words in place, the least significant first.
struct InlineWords: Hashable, Sendable {
    var a, b, c, d: UInt64
}
