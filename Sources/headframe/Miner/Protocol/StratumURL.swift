/// Where a pool is: `stratum+tcp://host:port`.
struct StratumURL: Hashable, Sendable, CustomStringConvertible {
    var host: String
    var port: Int

    /// The port where none is given.
    static let defaultPort = 3333

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads a URL; `stratum+tcp://` may be left out, and an IPv6 address stands in brackets.
    ///
    /// - Throws: ``CommandFailure`` that says what was expected.
    init(_ text: String) throws(CommandFailure) {
        func wrong(_ reason: String) -> CommandFailure {
            CommandFailure(.usage, "the URL “\(text)” \(reason); it reads like stratum+tcp://127.0.0.1:3333")
        }
        var rest = Substring(text)
        if let scheme = text.firstRange(of: "://") {
            guard ["stratum+tcp", "tcp", "stratum"].contains(text[..<scheme.lowerBound]) else {
                throw wrong("has a scheme that is not stratum+tcp")
            }
            rest = text[scheme.upperBound...]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var portText: Substring?
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw wrong("has a bracket that does not close") }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            let after = rest[rest.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw wrong("has something behind the bracket") }
            if !after.isEmpty { portText = after.dropFirst() }
        } else if let colon = rest.firstIndex(of: ":") {
            host = String(rest[..<colon])
            portText = rest[rest.index(after: colon)...]
        } else {
            host = String(rest)
        }
        guard !host.isEmpty, !host.contains(where: { "/@ ".contains($0) }) else { throw wrong("has no host") }
        guard let portText else {
            port = Self.defaultPort
            return
        }
        guard let number = Int(portText), (1...65535).contains(number) else {
            throw wrong("has no port from 1 to 65535")
        }
        port = number
    }

    var description: String { "stratum+tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Where `client.reconnect` sends a miner: to the same host or to another one of its domain, and to nobody else, because
    /// whoever can write into the connection could take the miner's work away with it. Nil where it may not go.
    func redirected(host newHost: String?, port newPort: Int?) -> StratumURL? {
        let target = StratumURL(host: newHost ?? host, port: newPort ?? port)
        guard (1...65535).contains(target.port) else { return nil }
        guard target.host != host else { return target }
        guard let domain, target.domain == domain else { return nil }
        return target
    }

    /// What is behind a name's first label, where that is more than one label; nil for addresses.
    private var domain: String? {
        let labels = host.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 2, let last = labels.last, last.contains(where: \.isLetter), !host.contains(":") else {
            return nil
        }
        return labels.dropFirst().joined(separator: ".")
    }
}
