public import Redis

/// Why the registry in Redis did not do what it was asked.
public struct RedisRegistryError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// A name cannot be part of a key, or an epoch is larger than Redis' scripts can count.
        case invalidRecord
        /// Redis could not be reached, or refused.
        case unreachable
        /// Redis answered something that no script of the registry says.
        case unexpectedReply
    }

    /// What kind of failure it was.
    public let code: Code
    /// What was tried, on what, and what to do about it.
    public let message: String
    /// What Redis or the connection to it said.
    public let cause: RedisError?

    init(code: Code, message: String, cause: RedisError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message and its cause.
    public var description: String { cause.map { "\(message): \($0.message)" } ?? message }
}
