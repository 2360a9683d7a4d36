internal import EventLoop
internal import Logging
internal import Synchronization
internal import TestSupport

@testable internal import Redis

/// A server, and a client that is connected to it, for the time of `body`.
func withServerAndClient(
    arguments: [String] = [], configure: (inout RedisConfiguration) -> Void = { _ in },
    _ body: @Sendable (RedisServer, RedisClient) async throws -> Void
) async throws {
    let server = try await RedisServer.start(arguments: arguments)
    var configuration = RedisConfiguration(url: try RedisURL(server.url), clientName: "redis tests")
    configure(&configuration)
    try await EventLoop.withEventLoop { [configuration] loop in
        try await withRedisClient(configuration, loop: loop, logger: .silent) { client in
            try await client.waitUntilConnected(within: .seconds(5))
            try await body(server, client)
        }
    }
}

extension Logger {
    /// The losses that these tests bring about need no log.
    static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}

/// The error that `body` throws, or nil.
func thrownError(_ body: () async throws(RedisError) -> Void) async -> RedisError? {
    do throws(RedisError) {
        try await body()
        return nil
    } catch {
        return error
    }
}

/// Counts from 0.
final class Counter: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}

extension RedisClient {
    /// Waits for a failure to connect that is as expected, and returns what a command gets then.
    func failureToConnect(where isExpected: (RedisError) -> Bool = { _ in true }) async throws -> RedisError? {
        try await eventually("a certain failure to connect, the last is \(status)") {
            if case .disconnected(let error) = status { isExpected(error) } else { false }
        }
        return await thrownError { () throws(RedisError) in _ = try await send(["PING"]) }
    }
}
