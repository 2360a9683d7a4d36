/// What went wrong in a helper of the tests; the message says what was tried, on what, and what was seen.
public struct TestSupportError: Error, CustomStringConvertible {
    /// What was tried, on what, and what was seen.
    public let message: String

    /// An error that reads as `message`.
    public init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
