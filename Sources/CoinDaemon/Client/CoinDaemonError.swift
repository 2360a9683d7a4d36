/// What went wrong between this process and a coin daemon.
public struct CoinDaemonError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for programs to decide by.
    public enum Code: Sendable, Hashable {
        /// The daemon list or an address in it cannot be read.
        case invalidConfiguration
        /// No connection, or it broke before the answer was complete.
        case unreachable
        /// The daemon refused the user, the password or the cookie; or there is no cookie file to read.
        case unauthorized
        /// No complete answer before the deadline.
        case timeout
        /// The answer is not what the method answers.
        case garbage
        /// The answer is larger than the client's limit.
        case tooLarge
        /// The daemon has more requests waiting than it accepts.
        case busy
        /// RPC error -28: the daemon loads its block index.
        case warmingUp
        /// RPC error -10: the daemon has not caught up with its chain.
        case initialSync
        /// RPC error -9: the daemon has no peers.
        case noPeers
        /// The daemon is on another chain than the daemons before it in the list.
        case foreignChain
        /// Any other RPC error, with its number.
        case rpc(Int)
        /// The calling task was cancelled.
        case cancelled
    }

    /// The kind of failure.
    public var code: Code
    /// What was tried, on which daemon, what came of it, and what to do. Never holds a password.
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
