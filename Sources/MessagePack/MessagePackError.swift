/// Why a value could not be encoded or a message could not be decoded.
public struct MessagePackError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: String, Sendable, Hashable {
        /// The message ends before the value does, or declares more than it holds.
        case truncated
        /// Bytes follow the end of the value.
        case trailingBytes
        /// The byte 0xc1, which the specification never uses.
        case reservedByte
        /// The message holds a value of another kind than the one asked for.
        case typeMismatch
        /// The number does not fit the type asked for exactly.
        case numberOutOfRange
        /// A string whose bytes are not UTF-8.
        case invalidUTF8
        /// A timestamp of an impossible length, or with a second's worth of nanoseconds or more.
        case invalidTimestamp
        /// Arrays and maps are nested deeper than the limit.
        case depthExceeded
        /// The message holds more values than the limit.
        case countExceeded
        /// The message is longer than the limit.
        case sizeExceeded
        /// A map lacks a key that the type needs.
        case missingKey
        /// A value is nil, or an array has ended, where the type needs a value.
        case missingValue
        /// The type's own `init(from:)` refused the value; see `cause`.
        case refused
        /// The value has no form in MessagePack, or its own `encode(to:)` failed; see `cause`.
        case notEncodable
    }

    /// The kind of failure.
    public let code: Code

    /// What was tried, on what, and what was found instead.
    public let message: String

    /// Where in the message it went wrong, in bytes from its start.
    public let offset: Int?

    /// The error underneath, such as the `DecodingError` that a type threw.
    public let cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, offset: Int? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.offset = offset
        self.cause = cause
    }

    /// The message and, where it is known, the place.
    public var description: String {
        guard let offset else { return "MessagePack: \(message)" }
        return "MessagePack: \(message) (at byte \(offset))"
    }
}
