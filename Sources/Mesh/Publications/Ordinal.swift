/// How far along its lineage a position stands: a number of up to 256 bits, such as the work in a chain.
public struct Ordinal: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Lower-case hex without leading zeros; empty for zero.
    private let digits: String

    /// The most hex digits that a number may have.
    public static let maximumDigits = 64

    /// Reads hex digits, most significant first; nil for anything else and for more than 256 bits.
    public init?(hex: some StringProtocol) {
        guard hex.utf8.count <= Self.maximumDigits, hex.utf8.allSatisfy(Self.isHexDigit) else { return nil }
        digits = String(hex.drop { $0 == "0" }).lowercased()
    }

    /// A small number.
    public init(_ number: UInt64) { digits = number == 0 ? "" : String(number, radix: 16) }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    /// The number in hex, without leading zeros.
    public var description: String { digits.isEmpty ? "0" : digits }

    /// The number, as near as a double comes: to judge proportions, never order.
    public var approximate: Double {
        digits.utf8.reduce(0) { sum, byte in sum * 16 + Double(byte <= 57 ? byte - 48 : byte - 87) }
    }

    /// By value.
    public static func < (left: Ordinal, right: Ordinal) -> Bool {
        let (leftCount, rightCount) = (left.digits.utf8.count, right.digits.utf8.count)
        guard leftCount == rightCount else { return leftCount < rightCount }
        return left.digits.utf8.lexicographicallyPrecedes(right.digits.utf8)
    }
}
