/// Where a coin daemon answers JSON-RPC, and how to prove to it who asks.
public struct DaemonEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// How a request is authenticated.
    public enum Authentication: Sendable, Hashable {
        /// Not at all.
        case none
        /// By the file that the daemon writes anew at each of its starts, `user:password` in one line.
        case cookie(path: String)
        /// By a fixed user and password (`-rpcuser`, `-rpcpassword` or `-rpcauth` of the daemon).
        case password(user: String, password: String)
    }

    /// The URL without credentials, such as `http://127.0.0.1:9332/`.
    public var url: String
    /// How requests are authenticated.
    public var authentication: Authentication

    /// An endpoint from its parts; `url` must be free of credentials, because it is shown in messages.
    public init(url: String, authentication: Authentication) {
        self.url = url
        self.authentication = authentication
    }

    /// The URL; never a password.
    public var description: String { url }
}
