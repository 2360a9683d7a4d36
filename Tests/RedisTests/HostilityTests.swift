internal import EventLoop
internal import Logging
internal import TestSupport
internal import Testing

@testable internal import Redis

@Suite(.timeLimit(.minutes(1))) struct HostilityTests {
    @Test func largeValuesPassAndTooLargeOnesAreRefused() async throws {
        try await withServerAndClient { configuration in
            configuration.limits.commandBytes = 9 << 20
            configuration.limits.replyBytes = 12 << 20
        } _: { _, client in
            let large = [UInt8](repeating: 7, count: 8 << 20)
            _ = try await client.send(["SET", "large", RedisArgument(large)])
            #expect(try await client.send(["GET", "large"]).bytes == large)
            let refused = await thrownError { () throws(RedisError) in
                _ = try await client.send(["SET", "larger", RedisArgument(large + large)])
            }
            #expect(refused?.code == .invalidCommand)
            _ = try await client.send(["APPEND", "large", RedisArgument(large)])
            let reply = await thrownError { () throws(RedisError) in _ = try await client.send(["GET", "large"]) }
            #expect(reply?.code == .mayHaveBeenApplied)
            #expect(reply?.message.contains("limits.replyBytes") == true)
            let many = try await client.send(
                ["MSET"] + (0..<100_000).flatMap { ["k\($0)", RedisArgument($0)] as [RedisArgument] },
                whenDisconnected: .wait)
            #expect(many == .status("OK"))
            #expect(try await client.send(["KEYS", "k*"]).array?.count == 100_000)
        }
    }

    @Test func aReplyNestedTooDeeplyCostsTheConnectionOnly() async throws {
        try await withServerAndClient { _, client in
            let deep = "return " + String(repeating: "{", count: 20) + String(repeating: "}", count: 20)
            let error = await thrownError { () throws(RedisError) in
                _ = try await client.send(["EVAL", RedisArgument(deep), 0])
            }
            #expect(error?.code == .mayHaveBeenApplied)
            let answer = try await client.send(["PING"], whenDisconnected: .wait)
            #expect(answer == .status("PONG"))
        }
    }

    /// What something else than Redis might say.
    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n",
        "-ERR max number of clients reached\r\n",
        "*1000000000000000000000\r\n", "*2147483647\r\n", "$-5\r\n", "$99999999999999999999\r\n", ":\r\n", "*-7\r\n",
        "\0\0\0\0\0\0\r\n",
        "*3\r\n$7\r\nmessage\r\n*0\r\n:1\r\n", "",
    ])
    func somethingElseThanRedisIsSaidAndLeft(words: String) async throws {
        let stranger = try RawServer(.answerThenHang(words))
        let loop = try EventLoop()
        var configuration = RedisConfiguration(url: try RedisURL("redis://127.0.0.1:\(stranger.port)"))
        configuration.connectDeadline = .milliseconds(300)
        let error = try await withRedisClient(configuration, loop: loop, logger: .silent) { client in
            try await client.failureToConnect()
        }
        await loop.shutdown()
        // One that says PONG by chance passes for a server until it says too much.
        #expect(error?.isTransient == true)
        #expect(error?.message.contains("\(stranger.port)") == true)
    }

    @Test func anAnnouncedArrayIsNotBelieved() async throws {
        let stranger = try RawServer(.answerThenHang("*2147483647\r\n"))
        let loop = try EventLoop()
        let configuration = RedisConfiguration(url: try RedisURL("redis://127.0.0.1:\(stranger.port)"))
        let error = try await withRedisClient(configuration, loop: loop, logger: .silent) { client in
            try await client.failureToConnect()
        }
        await loop.shutdown()
        #expect(error?.message.contains("more than 1048576 elements") == true)
    }

    @Test func randomBytesNeverEndTheProcess() async throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<40 {
            let start = ["+OK\r\n", "*3\r\n", "$10\r\n", ":12\r\n", ""].randomElement(using: &generator)!
            let bytes = (0..<200).map { _ in "\r\n:$*+-0123456789ab".randomElement(using: &generator)! }
            try await somethingElseThanRedisIsSaidOrIgnored(start + String(bytes))
        }
    }

    private func somethingElseThanRedisIsSaidOrIgnored(_ words: String) async throws {
        let stranger = try RawServer(.answerThenHang(words))
        let loop = try EventLoop()
        var configuration = RedisConfiguration(url: try RedisURL("redis://127.0.0.1:\(stranger.port)"))
        configuration.connectDeadline = .milliseconds(50)
        _ = try await withRedisClient(configuration, loop: loop, logger: .silent) { client in
            await thrownError { () throws(RedisError) in try await client.waitUntilConnected(within: .milliseconds(30))
            }
        }
        await loop.shutdown()
    }
}
