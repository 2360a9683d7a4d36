public import EventLoop
public import Logging

/// A connection to one Redis server that many tasks share: it pipelines their commands, and connects again whenever it is lost.
///
/// Commands of any number of tasks that come together go out in one write, and nobody waits for somebody else's reply. A command
/// that makes the server wait (`BLPOP`, `XREAD BLOCK`) holds up everything behind it and does not belong here:
/// use ``RedisStreamReader`` or a client of its own.
///
/// The loop has to outlive the client.
public final class RedisClient: Sendable {
    /// What to do with a command while there is no connection.
    public enum WhenDisconnected: Sendable {
        /// It fails at once with `.notConnected`.
        case fail
        /// It waits for a connection until its deadline.
        case wait
    }

    let connection: RedisConnection

    /// What the client was told.
    public var configuration: RedisConfiguration { connection.configuration }

    /// Makes a client that does nothing until ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: The server, deadlines and limits.
    ///   - addressSource: Where the server's address comes from; the configuration's URL unless given.
    ///   - loop: The I/O thread.
    ///   - logger: Hears of the connection's losses and returns.
    public init(
        configuration: RedisConfiguration, addressSource: (any RedisAddressSource)? = nil, loop: EventLoop,
        logger: Logger = Logger(label: "headframe.redis")
    ) {
        connection = RedisConnection(
            configuration: configuration, source: addressSource ?? FixedRedisAddress(configuration.url.address),
            loop: loop, logger: logger, greeting: Greeting(configuration))
    }

    /// Connects and stays connected until the task is cancelled. Then it closes the connection, and whatever still waits for an answer
    /// ends with an error. A client runs once.
    public func run() async { await connection.run() }

    /// How the connection is doing now.
    public var status: RedisStatus { connection.board.current }

    /// How the connection is doing now and every change of it, until the client ends. One who reads slowly misses the oldest changes.
    public func statusChanges() -> AsyncStream<RedisStatus> { connection.board.changes() }

    /// How many commands wait for an answer or for a connection, of all tasks together.
    public var pendingCommands: Int { connection.pendingCommands }

    /// Waits until the server answers.
    ///
    /// - Throws: ``RedisError``, with the reason of the last failure, when it has not after `deadline`.
    public func waitUntilConnected(within deadline: Duration) async throws(RedisError) {
        _ = try await send(["PING"], deadline: deadline, whenDisconnected: .wait)
    }
}

/// Runs `body` with a client that connects when it begins and ends with it.
public func withRedisClient<Result: Sendable>(
    _ configuration: RedisConfiguration, loop: EventLoop, logger: Logger = Logger(label: "headframe.redis"),
    _ body: @Sendable (RedisClient) async throws -> Result
) async throws -> Result {
    let client = RedisClient(configuration: configuration, loop: loop, logger: logger)
    return try await withRunning(client.connection) { try await body(client) }
}

/// Runs `body` while a connection runs, and ends the connection with it.
func withRunning<Result: Sendable>(
    _ connection: RedisConnection, _ body: @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask(name: "Redis \(connection.configuration.url.address)") { await connection.run() }
        do {
            let result = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return result
        } catch {
            group.cancelAll()
            throw error
        }
    }
}
