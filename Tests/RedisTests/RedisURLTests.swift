internal import Redis
internal import Testing

@Suite struct RedisURLTests {
    @Test(
        arguments: [
            ("redis://127.0.0.1", RedisAddress.tcp(host: "127.0.0.1", port: 6379), nil, nil, 0),
            ("redis://host:7000/3", .tcp(host: "host", port: 7000), nil, nil, 3),
            ("redis://host/", .tcp(host: "host", port: 6379), nil, nil, 0),
            ("redis://:secret@host", .tcp(host: "host", port: 6379), nil, "secret", 0),
            ("redis://ann:p%40ss%3A%2F@[::1]:1", .tcp(host: "::1", port: 1), "ann", "p@ss:/", 0),
            ("unix:///run/redis.sock", .unix(path: "/run/redis.sock"), nil, nil, 0),
            ("unix://ann:x@/run/r.sock?db=2", .unix(path: "/run/r.sock"), "ann", "x", 2),
        ] as [(String, RedisAddress, String?, String?, Int)])
    func anURLSaysWhereAndWho(text: String, address: RedisAddress, user: String?, password: String?, database: Int)
        throws
    {
        let url = try RedisURL(text)
        #expect(url == RedisURL(address: address, user: user, password: password, database: database))
    }

    @Test(arguments: [
        "", "127.0.0.1:6379", "http://host", "rediss://host", "redis://", "redis://host:0", "redis://host:99999",
        "redis://host:x", "redis://host/x", "redis://host/-1", "redis://[::1", "redis://[::1]x", "redis://u:p%zz@host",
        "redis://host/0?x=1", "unix://relative", "unix:///", "unix:///a?x=1", "unix:///a?db=", "redis://:%ff@host",
        "unix:///\(String(repeating: "x", count: 120))",
    ])
    func aBadURLIsRefusedWithAnExample(text: String) {
        let error = #expect(throws: RedisError.self) { try RedisURL(text) }
        #expect(error?.code == .invalidURL)
        #expect(error?.message.contains("Example: ") == true)
    }

    @Test(arguments: ["redis://ann:hunter2@host:1/2", "redis://:hunter2@host:1", "unix://:hunter2@/a?db=1"])
    func thePasswordIsNeverShown(text: String) throws {
        let url = try RedisURL(text)
        #expect(!"\(url)".contains("hunter2"))
        #expect("\(url)" == text.replacing("hunter2", with: "***"))
        let broken = #expect(throws: RedisError.self) { try RedisURL(text + "?broken=1#") }
        #expect(broken?.message.contains("hunter2") == false)
    }
}
