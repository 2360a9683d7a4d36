/// Endpoints as libzmq writes them back.
enum Endpoint {
    private static let mappedPrefix = "tcp://[::ffff:"

    /// The plain spelling: with IPv6 on, libzmq calls `tcp://10.0.0.1:80` `tcp://[::ffff:10.0.0.1]:80`, and that only sometimes.
    static func plain(_ endpoint: String) -> String {
        guard endpoint.hasPrefix(mappedPrefix) else { return endpoint }
        let rest = endpoint.dropFirst(mappedPrefix.count)
        guard let end = rest.firstIndex(of: "]"), rest[..<end].contains(".") else { return endpoint }
        return "tcp://\(rest[..<end])\(rest[rest.index(after: end)...])"
    }
}
