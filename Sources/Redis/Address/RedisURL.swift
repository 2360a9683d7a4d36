/// A server, who to be there, and which of its databases to use, as one line of configuration.
///
/// `redis://[user[:password]@]host[:port][/database]` or `unix://[user[:password]@]/path[?db=database]`; the user may be empty
/// (`redis://:secret@host`), user and password are percent-encoded, an IPv6 address stands in brackets.
public struct RedisURL: Sendable, Hashable, CustomStringConvertible {
    /// Where the server listens.
    public var address: RedisAddress
    /// The ACL user; nil for the default user.
    public var user: String?
    /// The password; nil for none. It never appears in a description, an error or the log.
    public var password: String?
    /// The number of the database.
    public var database: Int

    /// A URL from its parts.
    public init(address: RedisAddress, user: String? = nil, password: String? = nil, database: Int = 0) {
        self.address = address
        self.user = user
        self.password = password
        self.database = database
    }

    /// Parses a URL.
    ///
    /// - Throws: ``RedisError`` with code `.invalidURL`, which says what is wrong and gives an example.
    public init(_ text: String) throws(RedisError) {
        guard let separator = text.firstRange(of: "://") else {
            throw RedisError.invalidURL("it has no scheme such as “redis://”")
        }
        let rest = text[separator.upperBound...]
        switch text[..<separator.lowerBound] {
        case "redis": self = try Self.tcp(rest)
        case "unix": self = try Self.unix(rest)
        case "rediss":
            throw RedisError.invalidURL("“rediss” asks for TLS, which is not supported; put a TLS tunnel in between")
        case let scheme: throw RedisError.invalidURL("the scheme “\(scheme)” is neither “redis” nor “unix”")
        }
    }

    /// The URL with `***` in the place of the password.
    public var description: String {
        let credentials = password == nil ? (user.map { "\($0)@" } ?? "") : "\(user ?? ""):***@"
        switch address {
        case .tcp: return "redis://\(credentials)\(address)\(database == 0 ? "" : "/\(database)")"
        case .unix(let path): return "unix://\(credentials)\(path)\(database == 0 ? "" : "?db=\(database)")"
        }
    }
}

extension RedisURL {
    private static func tcp(_ text: Substring) throws(RedisError) -> RedisURL {
        guard !text.contains("?"), !text.contains("#") else {
            throw .invalidURL("nothing may follow the number of the database; write a “?” in a password as %3F")
        }
        let (credentials, place) = try splitCredentials(text)
        let parts = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let (host, port) = try hostAndPort(parts[0])
        let database = parts.count > 1 && !parts[1].isEmpty ? try databaseNumber(parts[1]) : 0
        return RedisURL(
            address: .tcp(host: host, port: port), user: credentials.user, password: credentials.password,
            database: database)
    }

    private static func unix(_ text: Substring) throws(RedisError) -> RedisURL {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let (credentials, path) = try splitCredentials(parts[0])
        guard path.hasPrefix("/"), path.count > 1 else {
            throw .invalidURL("the path of the socket has to begin with “/”", example: unixExample)
        }
        // The kernel's limit: sun_path holds 108 bytes with the terminating zero.
        guard path.utf8.count < 108 else {
            throw .invalidURL(
                "the path of the socket is longer than the 107 bytes that Linux allows", example: unixExample)
        }
        var database = 0
        if parts.count > 1 {
            guard parts[1].hasPrefix("db=") else {
                throw .invalidURL("only “db=” may follow the “?”", example: unixExample)
            }
            database = try databaseNumber(parts[1].dropFirst(3))
        }
        return RedisURL(
            address: .unix(path: try percentDecoded(path)), user: credentials.user, password: credentials.password,
            database: database)
    }

    private static let unixExample = "unix:///run/redis/redis.sock?db=1"

    private static func splitCredentials(
        _ text: Substring
    ) throws(RedisError) -> ((user: String?, password: String?), Substring) {
        guard let at = text.lastIndex(of: "@") else { return ((nil, nil), text) }
        let parts = text[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = parts[0].isEmpty ? nil : try percentDecoded(parts[0])
        let password = parts.count > 1 ? try percentDecoded(parts[1]) : nil
        return ((user, password), text[text.index(after: at)...])
    }

    private static func hostAndPort(_ text: Substring) throws(RedisError) -> (String, Int) {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else {
                throw .invalidURL("the bracket around the IPv6 address is not closed", example: "redis://[::1]:6379")
            }
            host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw .invalidURL("only a port may follow the bracket", example: "redis://[::1]:6379")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty else { throw .invalidURL("it names no host") }
        guard let port else { return (String(host), 6379) }
        guard let number = Int(port), (1...65535).contains(number) else {
            throw .invalidURL("the port “\(port)” is not a number from 1 to 65535")
        }
        return (String(host), number)
    }

    private static func databaseNumber(_ text: Substring) throws(RedisError) -> Int {
        guard let number = Int(text), (0...65535).contains(number) else {
            throw .invalidURL("the database “\(text)” is not a number; a fresh server has 0 to 15")
        }
        return number
    }

    private static func percentDecoded(_ text: Substring) throws(RedisError) -> String {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) else {
                throw .invalidURL("a “%” is not followed by two hexadecimal digits; a percent sign is written %25")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw .invalidURL("its percent-encoded bytes are not UTF-8")
        }
        return decoded
    }
}
