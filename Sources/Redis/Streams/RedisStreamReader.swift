/// What a reader of streams tells its consumer.
public enum RedisStreamEvent: Sendable, Hashable {
    /// An entry.
    case entry(RedisStreamEntry)
    /// Nothing came for a while (a quarter of the connection's silence limit).
    case idle
    /// The connection is lost; `.reconnected` follows when it is back.
    case disconnected(RedisError)
    /// Reading goes on behind the last entry. A server that lost data, or trimmed the stream meanwhile, has no entries for the gap.
    case reconnected
}

/// Follows streams with a blocking `XREAD`, from given identifiers on, across reconnects.
///
/// It needs a client of its own, because a blocked connection answers nothing else. It takes entries from the server only as
/// the consumer asks for them, at most `batch` of each stream at once, so that nothing piles up here.
public struct RedisStreamReader: AsyncSequence, Sendable {
    private let client: RedisClient
    private let positions: [String: RedisStreamID]
    private let batch: Int

    /// A reader of streams.
    ///
    /// - Parameters:
    ///   - client: A running client that nobody else uses.
    ///   - positions: The keys, each with the identifier behind which to begin.
    ///   - batch: How many entries of each stream one reply may bring.
    public init(client: RedisClient, after positions: [String: RedisStreamID], batch: Int = 256) {
        self.client = client
        self.positions = positions
        self.batch = batch
    }

    /// Takes the events.
    public func makeAsyncIterator() -> Iterator {
        Iterator(client: client, positions: positions, batch: batch)
    }

    /// Takes the events, one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private let client: RedisClient
        private let batch: Int
        private var positions: [String: RedisStreamID]
        private var entries = Fifo<RedisStreamEntry>()
        private var isDisconnected = false

        init(client: RedisClient, positions: [String: RedisStreamID], batch: Int) {
            self.client = client
            self.positions = positions
            self.batch = batch
        }

        /// The next event; nil when the waiting task was cancelled.
        ///
        /// - Throws: ``RedisError`` when the server refuses to read (a key of another type, say); losing the connection is an event.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(RedisError) -> RedisStreamEvent? {
            if let entry = entries.popFirst() { return .entry(entry) }
            do throws(RedisError) {
                // After a loss the answer to a PING, and not the end of a long block, says that the connection is back.
                if isDisconnected {
                    try await waitForConnection()
                    return .reconnected
                }
                try take(try await read())
                return entries.popFirst().map { .entry($0) } ?? .idle
            } catch {
                return try await event(for: error)
            }
        }

        private mutating func waitForConnection() async throws(RedisError) {
            let longest = Duration.seconds(3600)
            try await client.waitUntilConnected(within: longest)
            isDisconnected = false
        }

        private func read() async throws(RedisError) -> RedisValue {
            let block = client.configuration.silenceLimit / 4
            let order = positions.sorted { $0.key < $1.key }
            return try await client.send(
                ["XREAD", "COUNT", RedisArgument(batch), "BLOCK", RedisArgument(block.milliseconds), "STREAMS"]
                    + order.map { RedisArgument($0.key) } + order.map { RedisArgument($0.value.description) },
                deadline: block + client.configuration.commandDeadline)
        }

        private mutating func take(_ reply: RedisValue) throws(RedisError) {
            guard !reply.isNull else { return }
            guard let streams = reply.array else { throw .unexpected(reply, to: "XREAD") }
            for stream in streams {
                guard let parts = stream.array, parts.count == 2, let key = parts[0].string, let found = parts[1].array
                else { throw .unexpected(stream, to: "XREAD") }
                for item in found {
                    guard let parts = item.array, parts.count == 2, let id = parts[0].string.flatMap(RedisStreamID.init)
                    else { throw .unexpected(item, to: "XREAD") }
                    positions[key] = id
                    // A nil in the place of the fields stands for an entry that was deleted.
                    if !parts[1].isNull { entries.append(RedisStreamEntry(stream: key, id: id, fields: parts[1])) }
                }
            }
        }

        private mutating func event(for error: RedisError) async throws(RedisError) -> RedisStreamEvent? {
            if error.code == .cancelled || error.code == .closed { return nil }
            guard error.isTransient else { throw error }
            if !isDisconnected {
                isDisconnected = true
                return .disconnected(error)
            }
            // Connected, but not able to answer yet (loading, say): ask again after a pause.
            do { try await Task.sleep(for: client.configuration.backoff.maximum / 4) } catch { return nil }
            return try await next()
        }
    }
}

extension RedisClient {
    /// The identifier of a stream's last entry, to begin behind it; ``RedisStreamID/zero`` when there is none.
    public func lastStreamID(of key: String) async throws(RedisError) -> RedisStreamID {
        let reply = try await send(["XREVRANGE", RedisArgument(key), "+", "-", "COUNT", 1])
        guard let entries = reply.array else { throw .unexpected(reply, to: "XREVRANGE") }
        guard let last = entries.first else { return .zero }
        guard let id = last.array?.first?.string.flatMap(RedisStreamID.init) else {
            throw .unexpected(last, to: "XREVRANGE")
        }
        return id
    }
}

extension Duration {
    /// Whole milliseconds, at least one: to Redis, a block of zero means for ever.
    fileprivate var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return max(seconds * 1000 + attoseconds / 1_000_000_000_000_000, 1)
    }
}
