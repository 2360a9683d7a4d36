/// The name that an entry is known by outside: given by whoever enqueues it, or made.
///
/// The same id again, while its entry is unfinished or for ``QueueConfiguration/dedupeWindow`` after it ended, is the same entry: it gets the
/// same identity and no second run. So a client that does not know whether its request arrived sends it again.
public struct EntryID: Hashable, Codable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The most bytes of UTF-8 that an id or a key may take; longer ones are refused at intake.
    public static let maximumBytes = 255

    /// The id itself.
    public let text: String

    /// An id that was given.
    public init(_ text: String) { self.text = text }

    /// An id that was given.
    public init(stringLiteral text: String) { self.text = text }

    /// An id of 128 random bits, as 32 hexadecimal digits.
    public static func made(using random: inout some RandomNumberGenerator) -> EntryID {
        var bits = (random.next(), random.next()) as (UInt64, UInt64)
        let text = withUnsafeBytes(of: &bits) { bytes in
            String(unsafeUninitializedCapacity: 2 * bytes.count) { digits in
                for (index, byte) in bytes.enumerated() {
                    digits[2 * index] = digit(byte >> 4)
                    digits[2 * index + 1] = digit(byte & 15)
                }
                return 2 * bytes.count
            }
        }
        return EntryID(text)
    }

    /// Whether it looks like one that was made.
    var isLikeMade: Bool {
        let digits = text.utf8
        return digits.count == 32
            && digits.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The id itself.
    public var description: String { text }
}
