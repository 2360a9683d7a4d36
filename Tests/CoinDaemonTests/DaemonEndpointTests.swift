internal import CoinDaemon
internal import Testing

@Suite struct DaemonEndpointTests {
    @Test func `a list is read in order`() throws {
        let list = try DaemonEndpoint.list(
            parsing:
                "http://127.0.0.1:19332?cookie=/data/regtest/.cookie, http://user:pa%40ss%2C@127.0.0.1:19342,https://node/x"
        )
        #expect(
            list == [
                DaemonEndpoint(url: "http://127.0.0.1:19332/", authentication: .cookie(path: "/data/regtest/.cookie")),
                DaemonEndpoint(
                    url: "http://127.0.0.1:19342/", authentication: .password(user: "user", password: "pa@ss,")),
                DaemonEndpoint(url: "https://node/x", authentication: .none),
            ])
    }

    static let wrong: [(String, String)] = [
        ("", "empty"), (" , ", "http://host:port"), ("127.0.0.1:19332", "http://host:port"),
        ("ftp://u:secret@host", "http or https"),
        ("http://", "http://host:port"), ("http://u@host", "not both"), ("http://u:secret@host?cookie=/c", "only one"),
        ("http://host?cook=/c", "'cook'"), ("http://host?cookie=", "'cookie'"),
        ("http://u:secret@host:port", "http://host:port"),
        ("http://a,http://a/", "twice"), ("http://u:secret@[", "http://host:port"), ("u:secret@host", ""),
    ]

    @Test(arguments: wrong) func `what is wrong is said, and never with the password`(text: String, hint: String) {
        #expect {
            try DaemonEndpoint.list(parsing: text)
        } throws: { error in
            guard let error = error as? CoinDaemonError else { return false }
            return error.code == .invalidConfiguration && (hint.isEmpty || error.message.contains(hint))
                && !error.message.contains("secret")
        }
    }

    @Test func `a description holds no password`() throws {
        let endpoint = try DaemonEndpoint(parsing: "http://user:secret@127.0.0.1:1")
        #expect("\(endpoint)" == "http://127.0.0.1:1/")
    }
}
