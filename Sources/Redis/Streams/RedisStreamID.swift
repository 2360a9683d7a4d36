/// The identifier of a stream's entry, `milliseconds-sequence`: when the server took it, and its number within that millisecond.
public struct RedisStreamID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Milliseconds of the server's Unix time.
    public let milliseconds: UInt64
    /// The number within the millisecond.
    public let sequence: UInt64

    /// An identifier from its parts.
    public init(milliseconds: UInt64, sequence: UInt64) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// Parses `milliseconds-sequence`; nil when the text is something else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = UInt64(parts[0]), let sequence = UInt64(parts[1]) else { return nil }
        self.init(milliseconds: milliseconds, sequence: sequence)
    }

    /// Before every entry.
    public static let zero = RedisStreamID(milliseconds: 0, sequence: 0)

    /// As Redis writes it.
    public var description: String { "\(milliseconds)-\(sequence)" }

    /// In the order of the stream.
    public static func < (left: RedisStreamID, right: RedisStreamID) -> Bool {
        (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
    }
}

/// An entry of a stream.
public struct RedisStreamEntry: Sendable, Hashable {
    /// The key of the stream.
    public let stream: String
    /// Its identifier.
    public let id: RedisStreamID
    /// Names and values, alternating, as the server gave them.
    public let fields: RedisValue

    /// An entry from its parts.
    public init(stream: String, id: RedisStreamID, fields: RedisValue) {
        self.stream = stream
        self.id = id
        self.fields = fields
    }

    /// The first value under a name.
    public subscript(name: String) -> RedisValue? {
        fields.pairs?.first { $0.name == name }?.value
    }
}
