internal import EventLoop
internal import Logging
internal import TestSupport
internal import Testing

@testable internal import Redis

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    @Test func aSubscriptionComesBackAndSaysSo() async throws {
        try await withServerAndClient { server, client in
            try await EventLoop.withEventLoop { loop in
                try await withRedisSubscription(
                    client.configuration, channels: ["a", "b"], patterns: ["news.*"], loop: loop, logger: .silent
                ) { subscription in
                    var events = subscription.makeAsyncIterator()
                    #expect(await events.next() == .subscribed)
                    _ = try await client.send(["PUBLISH", "a", "one"])
                    _ = try await client.send(["PUBLISH", "news.x", RedisArgument([0, 255])])
                    #expect(
                        await events.next()
                            == .message(RedisMessage(channel: "a", pattern: nil, payload: Array("one".utf8))))
                    #expect(
                        await events.next()
                            == .message(RedisMessage(channel: "news.x", pattern: "news.*", payload: [0, 255])))
                    try await server.kill()
                    guard case .disconnected = await events.next() else {
                        return #expect(Bool(false), "no loss was told")
                    }
                    try await server.restart()
                    #expect(await events.next() == .subscribed)
                    #expect(try await client.send(["PUBLISH", "b", "two"], whenDisconnected: .wait) == .integer(1))
                    #expect(
                        await events.next()
                            == .message(RedisMessage(channel: "b", pattern: nil, payload: Array("two".utf8))))
                }
            }
        }
    }

    @Test func aFrozenServerIsNoticedByAnIdleSubscription() async throws {
        try await withServerAndClient { configuration in
            configuration.silenceLimit = .milliseconds(600)
            configuration.connectDeadline = .milliseconds(600)
        } _: { server, client in
            try await EventLoop.withEventLoop { loop in
                try await withRedisSubscription(
                    client.configuration, channels: ["a"], loop: loop, logger: .silent
                ) { subscription in
                    var events = subscription.makeAsyncIterator()
                    while let event = await events.next(), event != .subscribed {}
                    server.freeze()
                    while let event = await events.next() { if case .disconnected = event { break } }
                    server.unfreeze()
                    while let event = await events.next(), event != .subscribed {}
                    #expect(!Task.isCancelled)
                }
            }
        }
    }

    @Test func aSlowConsumerIsToldWhatItMissed() async throws {
        try await withServerAndClient { _, client in
            try await EventLoop.withEventLoop { loop in
                try await withRedisSubscription(
                    client.configuration, channels: ["a"], bufferLimit: 10, loop: loop, logger: .silent
                ) { subscription in
                    var events = subscription.makeAsyncIterator()
                    #expect(await events.next() == .subscribed)
                    for number in 0..<500 { _ = try await client.send(["PUBLISH", "a", "\(number)"]) }
                    var dropped = 0
                    var seen: [String] = []
                    while seen.last != "499", let event = await events.next() {
                        switch event {
                        case .dropped(let count): dropped += count
                        case .message(let message): seen.append(message.text ?? "")
                        default: break
                        }
                    }
                    #expect(dropped + seen.count == 500)
                    // How much depends on how far the last messages had come when the reading began.
                    #expect(dropped > 0)
                }
            }
        }
    }

    @Test func aStreamIsFollowedAcrossARestart() async throws {
        try await withServerAndClient(arguments: ["--appendonly", "yes", "--appendfsync", "always"]) { server, client in
            try await EventLoop.withEventLoop { loop in
                try await withRedisClient(client.configuration, loop: loop, logger: .silent) { reading in
                    try await reading.waitUntilConnected(within: .seconds(5))
                    _ = try await client.send(["XADD", "events", "*", "n", 0])
                    let last = try await client.lastStreamID(of: "events")
                    var events = RedisStreamReader(client: reading, after: ["events": last]).makeAsyncIterator()
                    for number in 1...3 {
                        _ = try await client.send(["XADD", "events", "*", "n", RedisArgument(number)])
                    }
                    for number in 1...3 { #expect(try await events.nextEntry() == Int64(number)) }
                    try await server.kill()
                    while let event = try await events.next() { if case .disconnected = event { break } }
                    try await server.restart()
                    _ = try await client.send(["XADD", "events", "*", "n", 4], whenDisconnected: .wait)
                    #expect(try await events.next() == .reconnected)
                    #expect(try await events.nextEntry() == 4)
                }
            }
        }
    }

    @Test func aKeyOfAnotherTypeIsAnError() async throws {
        try await withServerAndClient { _, client in
            _ = try await client.send(["SET", "text", "x"])
            var events = RedisStreamReader(client: client, after: ["text": .zero]).makeAsyncIterator()
            let error = await #expect(throws: RedisError.self) { _ = try await events.next() }
            #expect(error?.code == .server(prefix: "WRONGTYPE"))
        }
    }
}

extension RedisStreamReader.Iterator {
    /// The number in the next entry, with the idle times left out; nil when something else comes.
    fileprivate mutating func nextEntry() async throws -> Int64? {
        while let event = try await next() {
            switch event {
            case .idle: continue
            case .entry(let entry): return entry["n"]?.integer
            default: return nil
            }
        }
        return nil
    }
}
