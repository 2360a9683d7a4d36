public import EventLoop
public import Logging

/// A message that somebody published.
public struct RedisMessage: Sendable, Hashable {
    /// The channel that it was published on.
    public let channel: String
    /// The pattern that matched the channel; nil where the channel itself was subscribed to.
    public let pattern: String?
    /// What was published.
    public let payload: [UInt8]

    /// The payload as text; nil when it is not UTF-8.
    public var text: String? { String(validating: payload, as: UTF8.self) }
}

/// What a subscription tells its consumer.
public enum RedisSubscriptionEvent: Sendable, Hashable {
    /// The subscription stands: for the first time, or again after a loss. What was published in between is lost for ever.
    case subscribed
    /// The connection is lost; `.subscribed` follows when it is back.
    case disconnected(RedisError)
    /// A message.
    case message(RedisMessage)
    /// The consumer was too slow: so many of the oldest events were dropped.
    case dropped(Int)
}

/// Channels and patterns of Redis' publish and subscribe, on a connection of its own that comes back by itself.
///
/// Redis keeps nothing for a subscriber that is away: who must not miss anything reads a stream (``RedisStreamReader``) or looks
/// at the state itself after each ``RedisSubscriptionEvent/subscribed``. It has one consumer.
public final class RedisSubscription: AsyncSequence, Sendable {
    let connection: RedisConnection
    private let buffer: EventBuffer<RedisSubscriptionEvent>

    /// Makes a subscription that does nothing until ``run()``.
    ///
    /// - Parameters:
    ///   - channels: Channels by name.
    ///   - patterns: Channels by glob-style pattern, such as `news.*`.
    ///   - bufferLimit: How many events wait for a slow consumer before the oldest are dropped.
    public init(
        configuration: RedisConfiguration, addressSource: (any RedisAddressSource)? = nil, channels: [String],
        patterns: [String] = [], bufferLimit: Int = 1024, loop: EventLoop,
        logger: Logger = Logger(label: "headframe.redis")
    ) {
        let buffer = EventBuffer<RedisSubscriptionEvent>(capacity: bufferLimit)
        self.buffer = buffer
        connection = RedisConnection(
            configuration: configuration, source: addressSource ?? FixedRedisAddress(configuration.url.address),
            loop: loop, logger: logger, greeting: Greeting(configuration, channels: channels, patterns: patterns)
        ) { notice in
            switch notice {
            case .connected: buffer.append(.subscribed)
            case .lost(let error): buffer.append(.disconnected(error))
            case .message(let value): RedisMessage(value).map { buffer.append(.message($0)) }
            }
        }
    }

    /// Connects, subscribes and stays subscribed until the task is cancelled; then the sequence ends. It runs once.
    public func run() async {
        await connection.run()
        buffer.end()
    }

    /// How the connection is doing now.
    public var status: RedisStatus { connection.board.current }

    /// Takes the events.
    public func makeAsyncIterator() -> Iterator { Iterator(buffer: buffer) }

    /// Takes the events, one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let buffer: EventBuffer<RedisSubscriptionEvent>

        /// The next event; nil when the subscription or the waiting task has ended.
        public mutating func next() async -> RedisSubscriptionEvent? {
            switch await buffer.next() {
            case .element(let event): event
            case .dropped(let count): .dropped(count)
            case nil: nil
            }
        }
    }
}

/// Runs `body` with a subscription that begins and ends with it.
public func withRedisSubscription<Result: Sendable>(
    _ configuration: RedisConfiguration, channels: [String], patterns: [String] = [], bufferLimit: Int = 1024,
    loop: EventLoop, logger: Logger = Logger(label: "headframe.redis"),
    _ body: @Sendable (RedisSubscription) async throws -> Result
) async throws -> Result {
    let subscription = RedisSubscription(
        configuration: configuration, channels: channels, patterns: patterns, bufferLimit: bufferLimit, loop: loop,
        logger: logger)
    return try await withRunning(subscription.connection) { try await body(subscription) }
}

extension RedisMessage {
    fileprivate init?(_ value: RedisValue) {
        guard let elements = value.array, let payload = elements.last?.bytes,
            let channel = elements.dropLast().last?.bytes
        else { return nil }
        self.init(
            channel: String(decoding: channel, as: UTF8.self),
            pattern: elements.count == 4 ? elements[1].string : nil, payload: payload)
    }
}
