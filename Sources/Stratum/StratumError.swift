/// Why a request of a miner was not done: what goes back to it as `[code, message, null]`.
public struct StratumError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The error codes of Stratum V1.
    public enum Code: Int, Sendable, Hashable, CaseIterable {
        /// Anything that has no code of its own: not JSON, wrong types, an unknown method.
        case other = 20
        /// The job of a share is not known, or not worth mining any more.
        case jobNotFound = 21
        /// The same share was submitted before.
        case duplicateShare = 22
        /// The share's hash is above the target of its job.
        case lowDifficulty = 23
        /// The worker was not authorized on this connection.
        case unauthorizedWorker = 24
        /// The connection has not subscribed.
        case notSubscribed = 25
    }

    /// The code.
    public var code: Code
    /// What was asked, what is wrong with it, and what to send instead.
    public var message: String

    /// An error from its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Code and message.
    public var description: String { "\(code.rawValue) \(message)" }
}
