/// Why something could not be mined, assembled or read.
public struct MiningError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for programs to decide by.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The template holds what no block can be built of.
        case invalidTemplate
        /// The list of payouts is empty, or one of them cannot be paid.
        case invalidPayout
        /// The coinbase script does not come out between 2 and 100 bytes.
        case invalidCoinbase
        /// A header or a coinbase does not have the form of one, or does not belong to the job.
        case foreignSolution
        /// An address cannot be read, or it is one of another network or of a kind that a coinbase cannot pay.
        case invalidAddress
        /// The hash could not be computed.
        case hashFailed
        /// The bytes are no share as the queue holds them.
        case invalidShare
    }

    /// The kind of failure.
    public var code: Code
    /// What was tried, on what, and what to do.
    public var message: String
    /// The error below, where there was one.
    public var cause: (any Error)?

    /// An error from its parts.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message.
    public var description: String { message }
}
