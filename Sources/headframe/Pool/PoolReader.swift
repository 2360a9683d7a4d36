internal import EventLoop
internal import Mining
internal import Redis
internal import ServiceKit

/// Reads what the pool keeps in Redis; keys and fields as `docs/PROTOCOL.md` has them.
struct PoolReader: Sendable {
    /// The shared state.
    private let redis: RedisClient
    /// The share log; the same where it has no server of its own.
    private let sharelog: RedisClient
    private let namespace: String
    /// Unix time in milliseconds by Redis' clock, when this reader was made.
    let now: Int

    /// How many hashes are asked for at once.
    private static let batch = 500

    /// Runs `body` with a reader of the shared state.
    ///
    /// - Throws: `RedisError` when the server cannot be reached.
    static func with<Result: Sendable>(
        _ settings: OperatorSettings, _ body: @escaping @Sendable (PoolReader) async throws -> Result
    ) async throws -> Result {
        let (state, sharelog) = (settings.service.state.text, settings.service.sharelog.text)
        return try await EventLoop.withEventLoop { loop in
            try await withClient(state, loop) { redis in
                let now = try await time(redis)
                guard state != sharelog else {
                    return try await body(
                        PoolReader(
                            redis: redis, sharelog: redis, namespace: settings.service.namespace, now: now))
                }
                return try await withClient(sharelog, loop) { log in
                    try await body(
                        PoolReader(redis: redis, sharelog: log, namespace: settings.service.namespace, now: now))
                }
            }
        }
    }

    private static func withClient<Result: Sendable>(
        _ url: String, _ loop: EventLoop, _ body: @escaping @Sendable (RedisClient) async throws -> Result
    ) async throws -> Result {
        let configuration = RedisConfiguration(url: try RedisURL(url), clientName: "headframe-pool")
        return try await withRedisClient(configuration, loop: loop) { client in
            try await client.waitUntilConnected(within: .seconds(3))
            return try await body(client)
        }
    }

    private static func time(_ redis: RedisClient) async throws -> Int {
        let time = try await redis.send([RedisArgument("TIME")]).array?.compactMap(\.integer) ?? []
        guard time.count == 2 else {
            throw CommandFailure(
                .refused, "Redis at \(redis.configuration.url) answered to TIME with no time; is it a Redis?")
        }
        return Int(time[0]) * 1000 + Int(time[1]) / 1000
    }

    /// The connections of all servers that are alive, by server and then by age.
    func connections() async throws -> [PoolConnection] {
        let servers = try await members("stratum", from: "\(now)", to: "+inf")
        var connections: [PoolConnection] = []
        for server in servers.sorted() {
            let ids = try await members("connections:\(server)", from: "\(now)", to: "+inf")
            let hashes = try await hashes(ids.map { "connection:\(server):\($0)" })
            connections += zip(ids, hashes).filter { !$0.1.isEmpty }.map { PoolConnection(server: server, id: $0, $1) }
        }
        return connections.sorted {
            ($0.server, $0.sinceMilliseconds ?? 0, $0.id) < ($1.server, $1.sinceMilliseconds ?? 0, $1.id)
        }
    }

    /// The blocks of the highest heights, the highest one first.
    func blocks(_ count: Int) async throws -> [PoolBlock] {
        let reply = try await redis.send(
            ["ZREVRANGE", key("blocks"), "0", "\(count - 1)", "WITHSCORES"].map { RedisArgument($0) })
        let found = reply.pairs ?? []
        let hashes = try await hashes(found.map { "block:\($0.name)" })
        return zip(found, hashes).map { PoolBlock(hash: $0.name, height: Int($0.value.integer ?? 0), $1) }.sorted {
            ($0.height, $0.foundMilliseconds ?? 0) > ($1.height, $1.foundMilliseconds ?? 0)
        }
    }

    /// The totals of the present minute and of as many before it as make up a time, the oldest one first; those without a share are
    /// left out.
    func minutes(_ span: ShareSpan) async throws -> [ShareMinute] {
        // The accepted ones are counted in the share log, the others in the shared state.
        var minutes: [Int: PoolFields] = [:]
        for place in redis === sharelog ? [redis] : [redis, sharelog] {
            let listed = try await members("shares", from: "\(span.firstMinute)", to: "\(span.lastMinute)", in: place)
                .compactMap { Int($0) }
            for (minute, fields) in zip(listed, try await hashes(listed.map { "shares:\($0)" }, in: place)) {
                minutes[minute] = minutes[minute]?.merged(with: fields) ?? fields
            }
        }
        return minutes.sorted { $0.key < $1.key }.map { ShareMinute(minute: $0.key, $0.value) }
    }

    /// When each worker's last share came, in milliseconds of Unix time; of the last 30 days.
    func lastShares() async throws -> [String: Int] {
        let reply = try await sharelog.send(
            ["ZRANGE", key("shares:workers"), "0", "-1", "WITHSCORES"].map { RedisArgument($0) })
        return Dictionary((reply.pairs ?? []).map { ($0.name, Int($0.value.integer ?? 0)) }) { max($0, $1) }
    }

    private func members(
        _ name: String, from: String, to: String, in place: RedisClient? = nil
    ) async throws -> [String] {
        try await (place ?? redis).send(["ZRANGEBYSCORE", key(name), from, to].map { RedisArgument($0) }).array?
            .compactMap(\.string) ?? []
    }

    private func hashes(_ names: [String], in place: RedisClient? = nil) async throws -> [PoolFields] {
        try await replies(["HGETALL"], names, in: place ?? redis).map { reply in
            let pairs = (reply.pairs ?? []).compactMap { pair in pair.value.string.map { (pair.name, $0) } }
            return PoolFields(Dictionary(pairs) { $1 })
        }
    }

    /// What one command says of each key.
    private func replies(_ command: [String], _ names: [String], in place: RedisClient) async throws -> [RedisValue] {
        var all: [RedisValue] = []
        for start in stride(from: 0, to: names.count, by: Self.batch) {
            let part = names[start..<min(start + Self.batch, names.count)]
            let commands = part.map { name in
                [RedisArgument(command[0]), RedisArgument(key(name))] + command.dropFirst().map { RedisArgument($0) }
            }
            let replies = try await place.pipeline(commands)
            for (name, reply) in zip(part, replies) {
                if let error = reply.errorText {
                    throw CommandFailure(.refused, "Redis refused to read \(key(name)): \(error)")
                }
                all.append(reply)
            }
        }
        return all
    }

    private func key(_ name: String) -> String { "{\(namespace)}:\(name)" }
}

// What rounds are made of; see `docs/PROTOCOL.md`.
extension PoolReader {
    /// How often reading is begun again because shares were added up meanwhile.
    private static let attempts = 5

    /// The newest rounds, the oldest of them first; the open one is the last.
    func rounds(_ count: Int) async throws -> [Rounds.Round] {
        for _ in 1...Self.attempts {
            let before = try await sharelog.send([RedisArgument("GET"), RedisArgument(key("rounds:folds"))])
            let rounds = try await roundsNow(count)
            let after = try await sharelog.send([RedisArgument("GET"), RedisArgument(key("rounds:folds"))])
            // What was moved from one key to another while they were read would be missing, or there twice.
            if before == after { return rounds }
        }
        throw CommandFailure(.unavailable, "the reporters add up rounds faster than they can be read; try again")
    }

    private func roundsNow(_ count: Int) async throws -> [Rounds.Round] {
        let blocks = try await roundBlocks(count)
        var rounds = Rounds(blocks: blocks.listed)
        let spans = blocks.listed.map { "rounds:after:\($0.hash)" }
        for (block, reply) in zip(blocks.listed, try await replies(["HGETALL"], spans, in: sharelog)) {
            rounds.add(reply.weights, afterBlock: block.hash)
        }
        if !blocks.isCut {
            rounds.add(try await hashWeights("rounds:after:start"), afterBlock: nil)
        }
        let details =
            try await sharelog.send(
                [RedisArgument("ZRANGE"), RedisArgument(key("rounds:detail")), 0, -1]
            ).array?.compactMap(\.string) ?? []
        for detail in details {
            guard let height = Int(detail.prefix { $0 != ":" }) else { continue }
            let reply = try await sharelog.send([
                RedisArgument("HGETALL"), RedisArgument(key("rounds:detail:\(detail)")),
            ])
            for (worker, shares) in reply.pairs ?? [] { rounds.add(shares.bytes ?? [], of: worker, height: height) }
        }
        return Array(rounds.rounds.dropFirst(blocks.isCut ? 1 : 0).suffix(count))
    }

    /// The blocks that end the newest rounds, and one before them, unless there is none: what comes before that one is not read.
    private func roundBlocks(_ count: Int) async throws -> (listed: [Rounds.Block], isCut: Bool) {
        let reply = try await sharelog.send(
            ["ZRANGE", key("rounds:blocks"), "0", "-1", "WITHSCORES"].map { RedisArgument($0) })
        let listed = (reply.pairs ?? []).compactMap { pair -> Rounds.Block? in
            let parts = pair.name.split(separator: ":")
            guard parts.count == 2, let time = Int64(parts[0]) else { return nil }
            return Rounds.Block(
                hash: String(parts[1]), height: Int(pair.value.integer ?? 0), timeMilliseconds: time,
                standing: .undecided)
        }
        let outcomes = try await replies(["HGET", "outcome"], listed.map { "block:\($0.hash)" }, in: redis)
        var decided: [Rounds.Block] = []
        var ends = 0
        for (block, outcome) in zip(listed, outcomes).reversed() {
            var block = block
            block.standing = Rounds.Block.Standing(outcome: outcome.string)
            decided.append(block)
            if block.standing != .orphaned { ends += 1 }
            if ends > count { break }
        }
        return (decided.reversed(), ends > count)
    }

    /// The window of PPLNS, by worker.
    func window() async throws -> [String: UInt128] { try await hashWeights("pplns") }

    private func hashWeights(_ name: String) async throws -> [String: UInt128] {
        try await replies(["HGETALL"], [name], in: sharelog)[0].weights
    }
}

extension RedisValue {
    /// A hash of weights by worker.
    fileprivate var weights: [String: UInt128] {
        Dictionary(
            (pairs ?? []).compactMap { pair in pair.value.string.flatMap { UInt128($0) }.map { (pair.name, $0) } }
        ) {
            $1
        }
    }
}

extension Rounds.Block.Standing {
    /// By the outcome of its hand-in; a block of which nothing is known is as good as undecided.
    fileprivate init(outcome: String?) {
        switch outcome {
        case "accepted": self = .accepted
        case "orphaned", "rejected": self = .orphaned
        default: self = .undecided
        }
    }
}

/// The minutes that a time back from now has, the present one included.
struct ShareSpan: Equatable, Sendable {
    let firstMinute: Int
    let lastMinute: Int
    /// How long it is; the present minute counts as far as it has come.
    let seconds: Double

    /// How much of it there is from the beginning of a minute on.
    func seconds(sinceMinute minute: Int) -> Double { seconds - Double(max(0, minute - firstMinute)) * 60 }

    /// - Parameters:
    ///   - seconds: How long at least; up to a minute is added, because totals are kept by the minute.
    ///   - now: Unix time in milliseconds.
    init(last seconds: Double, now: Int) {
        lastMinute = now / 60_000
        firstMinute = max(0, Int((Double(now) / 1000 - seconds) / 60))
        self.seconds = Double(now - firstMinute * 60_000) / 1000
    }
}
