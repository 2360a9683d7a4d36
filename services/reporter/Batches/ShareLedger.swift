internal import Mining
internal import Redis

/// Counts shares in the Redis of the share log; keys and fields as `docs/PROTOCOL.md` has them.
struct ShareLedger: Sendable {
    let redis: RedisClient
    /// The shared state, which knows the pool's blocks; often the same.
    private let state: RedisClient
    let options: CountingOptions
    private let prefix: String

    /// How long Redis may take for a batch: it answers nobody else meanwhile, and takes some milliseconds.
    private static let deadline: Duration = .seconds(10)
    /// How many workers' shares are added up in one step.
    private static let foldedWorkers = 500

    /// How many of the highest blocks are looked at.
    private static let blocks = 500

    init(_ redis: RedisClient, state: RedisClient, namespace: String, options: CountingOptions) {
        self.redis = redis
        self.state = state
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
        case 1 where words.count == 4:
            return .counted(
                shares: Int(words[1].integer ?? 0), known: Int(words[2].integer ?? 0), late: Int(words[3].integer ?? 0))
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

    /// Lets every accepted block of the pool end its round, counted or not.
    ///
    /// - Returns: How many there were whose own shares are not counted.
    @discardableResult
    func endRounds() async throws -> Int {
        let hashes =
            try await state.send([
                "ZREVRANGE", RedisArgument("\(prefix)blocks"), 0, RedisArgument(Self.blocks - 1),
            ]).array?.compactMap(\.string) ?? []
        guard !hashes.isEmpty else { return 0 }
        let replies = try await state.pipeline(
            hashes.map { ["HMGET", RedisArgument("\(prefix)block:\($0)"), "outcome", "height", "found"] })
        var arguments: [RedisArgument] = [RedisArgument(prefix)]
        for (hash, reply) in zip(hashes, replies) {
            let fields = (reply.array ?? []).map(\.string)
            guard fields.count == 3, fields[0] == "accepted", let height = fields[1].flatMap({ Int($0) }),
                let found = fields[2].flatMap({ Int64($0) })
            else { continue }
            let mark = BlockMark.text(timeMilliseconds: found, hash: hash)
            arguments += [RedisArgument(height), RedisArgument(hash), RedisArgument(mark)]
        }
        guard arguments.count > 1 else { return 0 }
        let reply = try await redis.run(
            BlockScript.script, keys: [], arguments: arguments, deadline: Self.deadline)
        return Int(reply.integer ?? 0)
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
