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
        let digits = [random.next(), random.next()].map { (bits: UInt64) in
            let text = String(bits, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return EntryID(digits.joined())
    }

    /// The id itself.
    public var description: String { text }
}
