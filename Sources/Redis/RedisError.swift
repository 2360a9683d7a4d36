/// What went wrong with a command or a connection, with the address and what to do about it.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure. They differ in what is known of the command's effect.
    public enum Code: Sendable, Hashable {
        /// The URL cannot be understood.
        case invalidURL
        /// The command was refused here and not sent: empty, too large, or one that would disturb a shared connection.
        case invalidCommand
        /// There is no connection; the command was not sent.
        case notConnected
        /// Too many commands are waiting for answers; this one was not sent.
        case overloaded
        /// The client has ended; the command was not sent.
        case closed
        /// The connection broke after the command was sent and before it was answered: it may have been applied.
        case mayHaveBeenApplied
        /// No answer came before the deadline: the command may have been applied, or may yet be.
        case timeout
        /// The waiting task was cancelled: the command may have been applied if it had been sent.
        case cancelled
        /// The server is a replica and takes no writes; the client connects anew. The command was not applied.
        case readOnly
        /// The server answered with an error whose first word is `prefix`, such as `WRONGTYPE` or `ERR`.
        case server(prefix: String)
        /// A reply is not of the form that the caller expects.
        case unexpectedReply
    }

    /// What kind of failure it was.
    public let code: Code
    /// What was tried, on what, and what to do about it.
    public let message: String

    /// An error from its parts.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// Whether the command may have had its effect although no answer is known.
    public var mayHaveBeenApplied: Bool {
        switch code {
        case .mayHaveBeenApplied, .timeout, .cancelled: true
        default: false
        }
    }

    /// Whether the failure lies with the connection or a passing state of the server, so that trying again later can help.
    public var isTransient: Bool {
        switch code {
        case .notConnected, .overloaded, .mayHaveBeenApplied, .timeout, .readOnly: true
        case .server(let prefix): Self.transientPrefixes.contains(prefix)
        default: false
        }
    }

    private static let transientPrefixes: Set<String> = [
        "BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "NOREPLICAS", "OOM", "TRYAGAIN", "UNBLOCKED",
    ]
}

extension RedisError {
    static func invalidURL(_ problem: String, example: String = "redis://user:password@127.0.0.1:6379/0") -> RedisError
    {
        RedisError(code: .invalidURL, message: "The Redis URL is not usable: \(problem). Example: \(example)")
    }

    static func unreachable(_ address: RedisAddress, _ reason: String) -> RedisError {
        RedisError(code: .notConnected, message: "Redis at \(address) cannot be reached: \(reason)")
    }

    /// An error reply of the server, as the error that a caller sees.
    static func reply(_ text: String, to command: String) -> RedisError {
        let prefix = String(text.prefix { $0 != " " })
        if prefix == "READONLY" {
            return RedisError(
                code: .readOnly,
                message:
                    "Redis refused \(command): the server is a read-only replica; connecting anew to find the master")
        }
        return RedisError(
            code: .server(prefix: prefix), message: "Redis answered \(command) with: \(text)\(advice(for: prefix))")
    }

    private static func advice(for prefix: String) -> String {
        switch prefix {
        case "NOAUTH": "; put a password into the Redis URL"
        case "WRONGPASS": "; check user and password in the Redis URL"
        case "NOPERM": "; give the ACL user this command and key (ACL SETUSER)"
        case "OOM": "; raise maxmemory or let Redis evict"
        case "MISCONF": "; Redis cannot persist: look at its log and disk"
        case "NOREPLICAS": "; too few replicas are connected for a write"
        default: ""
        }
    }
}
