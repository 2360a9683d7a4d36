/// Where a Redis server listens.
public enum RedisAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or numeric address, and a port.
    case tcp(host: String, port: Int)
    /// The path of a unix socket.
    case unix(path: String)

    /// As it is written in messages: `host:port`, `[::1]:port` or the path.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

/// Where the address of the server comes from. It is asked before every connection, so that it may change after a failover.
public protocol RedisAddressSource: Sendable {
    /// The server to connect to now.
    ///
    /// - Throws: ``RedisError`` when no address is known; the client asks again after a pause.
    func address() async throws(RedisError) -> RedisAddress
}

/// One server that is always at the same place.
public struct FixedRedisAddress: RedisAddressSource {
    private let fixed: RedisAddress

    /// A source that always answers `address`.
    public init(_ address: RedisAddress) { fixed = address }

    /// The address that it was made with.
    public func address() async throws(RedisError) -> RedisAddress { fixed }
}
