/// The work in a chain up to a block: the number of hashes expected for it, 256 bits.
///
/// Held as 64 lower-case hexadecimal digits, most significant first, so that the order of the texts is the order of the numbers.
/// It travels as that text.
public struct Chainwork: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public let hex: String

    /// No work at all.
    public static let zero = Chainwork(normalised: String(repeating: "0", count: 64))

    /// Reads 1 to 64 hexadecimal digits of either case, filled with zeros in front; nil for anything else.
    public init?(hex text: String) {
        let digits = text.utf8
        guard (1...64).contains(digits.count), (digits.count % 2 == 0 ? text : "0" + text).isHexadecimalBytes else {
            return nil
        }
        self.init(normalised: String(repeating: "0", count: 64 - digits.count) + text.lowercased())
    }

    private init(normalised hex: String) {
        self.hex = hex
    }

    /// Reads what `encode` wrote.
    ///
    /// - Throws: `DecodingError` when the text is not a number of 1 to 64 hexadecimal digits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let work = Chainwork(hex: text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "expected 1 to 64 hexadecimal digits, found \(text.utf8.count) characters")
        }
        self = work
    }

    /// Writes the 64 digits as one text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    /// The order of the numbers.
    public static func < (left: Chainwork, right: Chainwork) -> Bool {
        left.hex.utf8.lexicographicallyPrecedes(right.hex.utf8)
    }

    /// The 64 digits.
    public var description: String { hex }
}
