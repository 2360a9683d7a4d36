internal import Mining
internal import Redis

/// Counts shares in the Redis of the share log; keys and fields as `docs/PROTOCOL.md` has them.
struct ShareLedger: Sendable {
    let redis: RedisClient
    let options: CountingOptions
    private let prefix: String

    /// How long Redis may take for a batch: it answers nobody else meanwhile, and takes some milliseconds.
    private static let deadline: Duration = .seconds(10)
    /// How many workers' shares are added up in one step.
    private static let foldedWorkers = 500

    init(_ redis: RedisClient, namespace: String, options: CountingOptions) {
        self.redis = redis
        self.options = options
        prefix = "{\(namespace)}:"
    }

    /// Where a source's shares are counted up to; 0 for one that is not known.
    func cursor(of origin: String) async throws -> UInt64 {
        let reply = try await redis.send(["GET", RedisArgument("\(prefix)shares:cursor:\(origin)")])
        return reply.string.flatMap { UInt64($0) } ?? 0
    }

    /// Counts a batch, if the source's cursor stands at its beginning.
    ///
    /// - Throws: `RedisError`; the batch may be counted nevertheless, and can be tried again: it counts once.
    func count(_ batch: ShareBatch) async throws -> BatchOutcome {
        let reply = try await redis.run(
            BatchScript.script, keys: [], arguments: batch.arguments(prefix: prefix, options), deadline: Self.deadline)
        let words = reply.array ?? []
        switch words.first?.integer {
        case 1 where words.count == 3:
            return .counted(shares: Int(words[1].integer ?? 0), known: Int(words[2].integer ?? 0))
        case 0 where words.count == 2:
            if let cursor = words[1].string.flatMap({ UInt64($0) }) { return .refused(cursor: cursor) }
        default: break
        }
        throw RedisError(
            code: .unexpectedReply,
            message:
                "Redis answered the batch of \(batch.origin) after \(batch.after) with something else than its outcome: \(reply); look at the key \(prefix)shares:cursor:\(batch.origin)"
        )
    }

    /// Adds up shares of a minute to which nothing has come for long.
    ///
    /// - Returns: Whether there may be more.
    func fold() async throws -> Bool {
        let reply = try await redis.run(
            FoldScript.script, keys: [],
            arguments: [
                RedisArgument(prefix), RedisArgument(options.detailLife.milliseconds),
                RedisArgument(Self.foldedWorkers),
            ], deadline: Self.deadline)
        return (reply.integer ?? 0) > 0
    }
}
