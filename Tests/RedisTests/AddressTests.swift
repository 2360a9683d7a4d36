internal import EventLoop
internal import Logging
internal import TestSupport
internal import Testing

@testable internal import Redis

@Suite(.timeLimit(.minutes(1))) struct AddressTests {
    private func withClient<Result: Sendable>(
        _ url: String, _ body: @Sendable (RedisClient) async throws -> Result
    ) async throws -> Result {
        let configuration = RedisConfiguration(url: try RedisURL(url), clientName: "a name with spaces")
        return try await EventLoop.withEventLoop { loop in
            try await withRedisClient(configuration, loop: loop, logger: .silent, body)
        }
    }

    /// What a command gets after this URL has failed to connect.
    private func failure(_ url: String) async throws -> RedisError? {
        try await withClient(url) { try await $0.failureToConnect() }
    }

    @Test func aUserOfTheACLIsLetIn() async throws {
        let server = try await RedisServer.start()
        try server.command("ACL", "SETUSER", "ann", "on", ">p@ss:word", "~*", "+@all")
        try server.command("ACL", "SETUSER", "bob", "on", ">narrow", "~*", "+get", "+select")
        try await withClient("redis://ann:p%40ss%3Aword@127.0.0.1:\(server.port)/3") { client in
            try await client.waitUntilConnected(within: .seconds(10))
            let answers = try await client.pipeline([["ACL", "WHOAMI"], ["CLIENT", "GETNAME"], ["CLIENT", "INFO"]])
            #expect(answers[0].string == "ann")
            #expect(answers[1].string == "a-name-with-spaces")
            #expect(answers[2].string?.contains(" db=3 ") == true)
        }
        // One who may neither PING nor name the connection is no reason to stay away.
        try await withClient("redis://bob:narrow@localhost:\(server.port)/1") { client in
            let nothing = try await client.send(["GET", "x"], deadline: .seconds(10), whenDisconnected: .wait)
            #expect(nothing.isNull)
            let error = await thrownError { () throws(RedisError) in _ = try await client.send(["SET", "x", 1]) }
            #expect(error?.code == .server(prefix: "NOPERM"))
        }
    }

    @Test func aWrongPasswordIsSaid() async throws {
        let server = try await RedisServer.start(arguments: ["--requirepass", "right"])
        for (url, word) in [
            ("redis://:wrong@", "WRONGPASS"), ("redis://", "NOAUTH"), ("redis://eve:right@", "WRONGPASS"),
        ] {
            let error = try await failure("\(url)127.0.0.1:\(server.port)")
            #expect(error?.code == .notConnected)
            #expect(error?.message.contains(word) == true)
            #expect(error?.message.contains("Redis URL") == true)
        }
        try await withClient("redis://:right@127.0.0.1:\(server.port)") { client in
            try await client.waitUntilConnected(within: .seconds(10))
        }
    }

    @Test func aUnixSocketServesAsWell() async throws {
        let server = try await RedisServer.start()
        try await withClient("unix://\(server.socketPath)?db=2") { client in
            let information = try await client.send(
                ["CLIENT", "INFO"], deadline: .seconds(10), whenDisconnected: .wait)
            #expect(information.string?.contains(" db=2 ") == true)
        }
        let missing = try await failure("unix:///nowhere/redis.sock")
        #expect(missing?.message.contains("/nowhere/redis.sock cannot be reached: No such file or directory") == true)
    }

    @Test func anAddressWithoutAServerIsSaid() async throws {
        let port = try FreePort.pick()
        let refused = try await failure("redis://127.0.0.1:\(port)")
        #expect(refused?.code == .notConnected)
        #expect(refused?.message.contains("127.0.0.1:\(port) cannot be reached: Connection refused") == true)
        let unknown = try await failure("redis://no-such-host.invalid")
        #expect(unknown?.message.contains("no-such-host.invalid") == true)
        let database = try await RedisServer.start()
        let absent = try await failure("redis://127.0.0.1:\(database.port)/99")
        #expect(absent?.message.contains("SELECT") == true)
    }

    /// A source that names another server each time.
    private struct Alternating: RedisAddressSource {
        let addresses: [RedisAddress]
        let asked: Counter

        func address() async throws(RedisError) -> RedisAddress { addresses[asked.next() % addresses.count] }
    }

    @Test func theSourceIsAskedBeforeEveryConnection() async throws {
        let first = try await RedisServer.start()
        let second = try await RedisServer.start()
        try second.command("SET", "who", "second")
        let source = Alternating(
            addresses: [.tcp(host: "127.0.0.1", port: first.port), .tcp(host: "127.0.0.1", port: second.port)],
            asked: Counter())
        try await EventLoop.withEventLoop { loop in
            let configuration = RedisConfiguration(url: try RedisURL(first.url))
            let client = RedisClient(configuration: configuration, addressSource: source, loop: loop, logger: .silent)
            try await withRunning(client.connection) {
                try await client.waitUntilConnected(within: .seconds(5))
                #expect(client.status == .connected(.tcp(host: "127.0.0.1", port: first.port)))
                try await first.kill()
                // The loss itself may be over before anybody looks.
                let next = RedisAddress.tcp(host: "127.0.0.1", port: second.port)
                try await eventually("the second is asked") { client.status == .connected(next) }
                #expect(try await client.send(["GET", "who"], whenDisconnected: .wait).string == "second")
            }
        }
    }
}
