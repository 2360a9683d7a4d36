internal import EventLoop
internal import Redis
internal import ServiceKit

/// Reads what the pool keeps in Redis; keys and fields as `docs/PROTOCOL.md` has them.
struct PoolReader: Sendable {
    private let redis: RedisClient
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
        let url = try RedisURL(settings.service.state.text)
        return try await EventLoop.withEventLoop { loop in
            let configuration = RedisConfiguration(url: url, clientName: "headframe-pool")
            return try await withRedisClient(configuration, loop: loop) { client in
                try await client.waitUntilConnected(within: .seconds(3))
                let time = try await client.send([RedisArgument("TIME")]).array?.compactMap(\.integer) ?? []
                guard time.count == 2 else {
                    throw CommandFailure(.refused, "Redis at \(url) answered to TIME with no time; is it a Redis?")
                }
                return try await body(
                    PoolReader(
                        redis: client, namespace: settings.service.namespace,
                        now: Int(time[0]) * 1000 + Int(time[1]) / 1000))
            }
        }
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
        let minutes = try await members("shares", from: "\(span.firstMinute)", to: "\(span.lastMinute)").compactMap {
            Int($0)
        }
        let hashes = try await hashes(minutes.map { "shares:\($0)" })
        return zip(minutes, hashes).map { ShareMinute(minute: $0, $1) }
    }

    private func members(_ name: String, from: String, to: String) async throws -> [String] {
        try await redis.send(["ZRANGEBYSCORE", key(name), from, to].map { RedisArgument($0) }).array?.compactMap(
            \.string) ?? []
    }

    private func hashes(_ names: [String]) async throws -> [PoolFields] {
        var all: [PoolFields] = []
        for start in stride(from: 0, to: names.count, by: Self.batch) {
            let part = names[start..<min(start + Self.batch, names.count)]
            let replies = try await redis.pipeline(part.map { [RedisArgument("HGETALL"), RedisArgument(key($0))] })
            for (name, reply) in zip(part, replies) {
                if let error = reply.errorText {
                    throw CommandFailure(.refused, "Redis refused to read \(key(name)): \(error)")
                }
                let pairs = (reply.pairs ?? []).compactMap { pair in pair.value.string.map { (pair.name, $0) } }
                all.append(PoolFields(Dictionary(pairs) { $1 }))
            }
        }
        return all
    }

    private func key(_ name: String) -> String { "{\(namespace)}:\(name)" }
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
