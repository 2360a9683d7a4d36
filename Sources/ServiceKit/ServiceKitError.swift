/// What can go wrong while a process is set up or run.
///
/// The description says what was tried, on what, and what to do about it; it never contains a secret.
public struct ServiceKitError: Error, CustomStringConvertible {
    /// The kinds of failure, each with the exit code of a process that ends by it.
    public enum Code: Sendable, Equatable {
        /// The command line is wrong.
        case usage
        /// An environment variable, a file or the combination of settings is wrong.
        case configuration
        /// An address cannot be bound.
        case cannotBind
        /// A server has no address, or there is no way to it.
        case unreachable
        /// A newer epoch of the same instance has taken over.
        case fenced
        /// A service ended by itself, without an error.
        case serviceEnded
    }

    /// What kind of failure it is.
    public let code: Code
    /// What was tried, on what, and what to do about it.
    public let message: String
    /// The error underneath, if there is one.
    public let cause: (any Error)?

    /// Makes an error; `message` has to be complete without the cause.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message, followed by the cause in brackets.
    public var description: String {
        guard let cause else { return message }
        return "\(message) (\(cause))"
    }
}

extension ServiceKitError: ExitCodeProviding {
    /// See ``ExitCode``.
    public var exitCode: ExitCode {
        switch code {
        case .usage: .usage
        case .configuration: .configuration
        case .cannotBind, .unreachable: .unavailable
        case .fenced: .fenced
        case .serviceEnded: .internalError
        }
    }
}
