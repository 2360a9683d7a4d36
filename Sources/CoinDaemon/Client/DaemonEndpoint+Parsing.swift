internal import FoundationEssentials

extension DaemonEndpoint {
    /// Reads one address: `http://127.0.0.1:9332?cookie=/path/.cookie`, `http://user:password@127.0.0.1:9332` or neither.
    ///
    /// Characters that mean something in a URL, and commas, are written as %-codes in user, password and path.
    ///
    /// - Throws: `CoinDaemonError` with the code `invalidConfiguration`; its message does not repeat a password.
    public init(parsing text: String) throws(CoinDaemonError) {
        guard var components = URLComponents(string: text), let host = components.host, !host.isEmpty else {
            throw Self.unreadable(text, "it is not a URL of the form http://host:port")
        }
        guard components.scheme == "http" || components.scheme == "https" else {
            throw Self.unreadable(text, "its scheme is not http or https")
        }
        var cookie: String?
        for item in components.queryItems ?? [] {
            guard item.name == "cookie", let path = item.value, !path.isEmpty else {
                throw Self.unreadable(text, "'\(item.name)' is no option of it; ?cookie=/path/.cookie is the only one")
            }
            cookie = path
        }
        switch (cookie, components.user, components.password) {
        case (let path?, nil, nil): authentication = .cookie(path: path)
        case (nil, let user?, let password?): authentication = .password(user: user, password: password)
        case (nil, nil, nil): authentication = .none
        case (nil, _, _): throw Self.unreadable(text, "it names a user or a password, but not both")
        default: throw Self.unreadable(text, "it names a cookie file and a user; only one of them can be meant")
        }
        components.user = nil
        components.password = nil
        components.queryItems = nil
        components.fragment = nil
        if components.path.isEmpty { components.path = "/" }
        guard let url = components.string else {
            throw Self.unreadable(text, "it is not a URL of the form http://host:port")
        }
        self.url = url
    }

    /// Reads a list of addresses, separated by commas; the first has the highest priority.
    ///
    /// - Throws: `CoinDaemonError` with the code `invalidConfiguration` when the list is empty, names a daemon twice or holds an
    ///   address that cannot be read.
    public static func list(parsing text: String) throws(CoinDaemonError) -> [DaemonEndpoint] {
        var endpoints: [DaemonEndpoint] = []
        for part in text.split(separator: ",") {
            let endpoint = try DaemonEndpoint(parsing: part.trimming(while: \.isWhitespace))
            guard !endpoints.contains(where: { $0.url == endpoint.url }) else {
                throw CoinDaemonError(
                    .invalidConfiguration, "the daemon list names \(endpoint) twice; remove one of them")
            }
            endpoints.append(endpoint)
        }
        guard !endpoints.isEmpty else {
            throw CoinDaemonError(
                .invalidConfiguration,
                "the daemon list is empty; name at least one, as in http://127.0.0.1:9332?cookie=/path/.cookie")
        }
        return endpoints
    }

    private static func unreadable(_ text: String, _ reason: String) -> CoinDaemonError {
        CoinDaemonError(
            .invalidConfiguration, "cannot read the daemon address '\(withoutCredentials(text))': \(reason)")
    }

    /// The text with all that stands between the scheme and the last `@` replaced.
    private static func withoutCredentials(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        return start <= at ? text[..<start] + "***" + text[at...] : "***" + text[at...]
    }
}

extension Substring {
    fileprivate func trimming(while isUnwanted: (Character) -> Bool) -> String {
        var rest = drop(while: isUnwanted)
        while let last = rest.last, isUnwanted(last) { rest.removeLast() }
        return String(rest)
    }
}
