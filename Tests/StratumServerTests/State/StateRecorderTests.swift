internal import EventLoop
internal import Logging
internal import Redis
internal import TestSupport
internal import Testing

@testable internal import stratum

/// The shared state in a real Redis.
@Suite struct StateRecorderTests {
    private func share(_ worker: String, _ outcome: ShareRecord.Outcome = .lowDifficulty, minute: Int64 = 5)
        -> ShareRecord
    {
        ShareRecord(worker: worker, outcome: outcome, difficulty: 0.5, atMilliseconds: minute * 60_000)
    }

    private func connection(_ id: String) -> ConnectionInfo {
        ConnectionInfo(
            address: "10.0.0.1:99", listener: "127.0.0.1:3333", proxyID: "ab", worker: "a.1", extranonce1: id,
            difficulty: 16, agent: "miner/1", sinceMilliseconds: 1, accepted: 7, rejected: 2,
            lastShareMilliseconds: 5)
    }

    private func withRecorder(
        _ server: RedisServer, _ body: @escaping @Sendable (StateRecorder, RedisClient) async throws -> Void
    ) async throws {
        let loop = try EventLoop(logger: BlockSamples.silent)
        let configuration = RedisConfiguration(url: try RedisURL(server.url))
        try await withRedisClient(configuration, loop: loop, logger: BlockSamples.silent) { redis in
            try await redis.waitUntilConnected(within: .seconds(10))
            let recorder = StateRecorder(redis, namespace: "t", server: "stratum-1", logger: BlockSamples.silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await recorder.record() }
                defer { group.cancelAll() }
                try await body(recorder, redis)
            }
        }
    }

    private func hash(_ redis: RedisClient, _ key: String) async throws -> [String: String] {
        let pairs = try await redis.send(["HGETALL", RedisArgument("{t}:\(key)")]).pairs ?? []
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0.name, $0.value.string ?? "") })
    }

    @Test func `totals of a server whose clock is far ahead do not push the others out of the list`() async throws {
        let server = try await RedisServer.start()
        try await withRecorder(server) { recorder, redis in
            recorder.share(share("a.1", minute: 200_000_000))
            try await eventually(within: .seconds(30), "the totals are written") {
                let seconds = try await redis.send(["TIME"]).array?.first?.string.flatMap { Int64($0) } ?? 0
                let minutes = try await redis.send(["ZRANGE", "{t}:shares", 0, -1]).array?.compactMap(\.string) ?? []
                return minutes.compactMap { Int64($0) }.contains { (seconds / 60...seconds / 60 + 5).contains($0) }
            }
        }
    }

    @Test func `totals, connections, load and finders are there as documented, and expire`() async throws {
        let server = try await RedisServer.start()
        try await withRecorder(server) { recorder, redis in
            for _ in 0..<3 { recorder.share(share("a|b.1")) }
            recorder.share(share("c.1", .lowDifficulty))
            recorder.connected(connection("aa"))
            recorder.connected(connection("bb"))
            recorder.found(try BlockSamples.block(1))
            let totals = [
                "a|b.1|lowDifficulty|count": "3", "a|b.1|lowDifficulty|difficulty": "1.5",
                "c.1|lowDifficulty|count": "1",
                "c.1|lowDifficulty|difficulty": "0.5",
            ]
            try await eventually(within: .seconds(30), "the totals are written") {
                try await hash(redis, "shares:5") == totals
            }
            let fields = try await hash(redis, "connection:stratum-1:aa")
            #expect(
                fields == [
                    "id": "aa", "server": "stratum-1", "address": "10.0.0.1:99", "listener": "127.0.0.1:3333",
                    "proxyID": "ab", "worker": "a.1", "agent": "miner/1", "extranonce1": "aa", "difficulty": "16.0",
                    "since": "1", "accepted": "7", "rejected": "2", "lastShare": "5",
                ])
            #expect(try await hash(redis, "stratum:stratum-1")["connections"] == "2")
            let block = try await hash(redis, "block:\(BlockSamples.block(1).hash)")
            #expect(block["outcome"] == "undecided")
            #expect(block["worker"] == "address.worker")

            recorder.disconnected(connection("aa"))
            try await eventually(within: .seconds(30), "it is gone") {
                try await redis.send(["ZRANGE", "{t}:connections:stratum-1", 0, -1]).array?.map(\.string) == ["bb"]
            }
            #expect(try await hash(redis, "connection:stratum-1:aa").isEmpty)
            for key in try await redis.send(["KEYS", "*"]).array?.compactMap(\.string) ?? [] {
                let isTrimmed = ["{t}:shares", "{t}:blocks", "{t}:blocks:open"].contains(key)
                let expiry = try await redis.send(["PTTL", RedisArgument(key)]).integer ?? -1
                #expect(isTrimmed || expiry > 0, "\(key) never expires")
            }
        }
    }

    @Test func `while Redis is away totals are kept, and each share is counted once`() async throws {
        let server = try await RedisServer.start(arguments: ["--appendonly", "yes", "--appendfsync", "always"])
        try await withRecorder(server) { recorder, redis in
            recorder.share(share("a.1"))
            try await eventually(within: .seconds(30), "the first") {
                try await hash(redis, "shares:5")["a.1|lowDifficulty|count"] == "1"
            }
            try await server.kill()
            for minute in Int64(5)...9 { for _ in 0..<100 { recorder.share(share("a.1", minute: minute)) } }
            try await eventually(within: .seconds(30), "it is noticed") { !redis.status.isConnected }
            try await server.restart()
            try await eventually(within: .seconds(20), "they are written") {
                // Until it is connected again there is nobody to ask.
                await (try? hash(redis, "shares:9"))?["a.1|lowDifficulty|count"] == "100"
            }
            #expect(try await hash(redis, "shares:5")["a.1|lowDifficulty|count"] == "101")
        }
    }

    @Test func `the last write takes all that is left, and says what it could not write`() async throws {
        let server = try await RedisServer.start()
        let loop = try EventLoop(logger: BlockSamples.silent)
        let configuration = RedisConfiguration(url: try RedisURL(server.url))
        let log = LogBook()
        try await withRedisClient(configuration, loop: loop, logger: BlockSamples.silent) { redis in
            try await redis.waitUntilConnected(within: .seconds(10))
            let recorder = StateRecorder(redis, namespace: "t", server: "stratum-1", logger: log.logger)
            // More than one batch has room for.
            let count = RecorderState.Limit.totalsInBatch + 1
            for worker in 0..<count { recorder.share(share("w\(worker)")) }
            await recorder.writeRest(within: .seconds(30))
            #expect(try await redis.send(["HLEN", "{t}:shares:5"]).integer == Int64(2 * count))
            #expect(log.lines.isEmpty)

            try await server.kill()
            recorder.share(share("a.1"))
            await recorder.writeRest(within: .milliseconds(200))
            #expect(log.lines.contains { $0.contains("the totals of 1 refused shares were not written") })
        }
    }

    @Test func `a batch that comes twice counts once, and another life clears the connections of the last`()
        async throws
    {
        let server = try await RedisServer.start()
        let loop = try EventLoop(logger: BlockSamples.silent)
        let configuration = RedisConfiguration(url: try RedisURL(server.url))
        try await withRedisClient(configuration, loop: loop, logger: BlockSamples.silent) { redis in
            try await redis.waitUntilConnected(within: .seconds(10))
            func write(_ batch: RecorderState.Batch, run: String) async throws -> Int64? {
                try await redis.run(
                    RecordScript.script, keys: [],
                    arguments: RecordScript.arguments(
                        batch, prefix: "{t}:", server: "s", run: run, connections: 1, sharesPerSecond: 1)
                ).integer
            }
            var batch = RecorderState.Batch(number: 1, connections: [connection("aa")])
            batch.totals[.init(minute: 5, worker: "a", outcome: .lowDifficulty)] = .init(count: 2, difficulty: 1e-7)
            #expect(try await write(batch, run: "00ff") == 1)
            #expect(try await write(batch, run: "00ff") == 0)
            #expect(try await hash(redis, "shares:5")["a|lowDifficulty|count"] == "2")
            batch.connections = [connection("bb")]
            #expect(try await write(batch, run: "00fe") == 1)
            #expect(try await hash(redis, "shares:5")["a|lowDifficulty|count"] == "4")
            #expect(try await hash(redis, "connection:s:aa").isEmpty)

            // The lists of blocks are bounded, whoever adds to them.
            for (key, bound) in [("{t}:blocks", 10_000), ("{t}:blocks:open", 1000)] {
                let fill = "for i = 1, ARGV[1] do redis.call('ZADD', KEYS[1], i, 'block' .. i) end"
                _ = try await redis.send(["EVAL", RedisArgument(fill), 1, RedisArgument(key), RedisArgument(bound)])
            }
            var note = RecorderState.BlockNote(
                hash: "cc", height: 20_000, jobID: "j", worker: "w", foundAtMilliseconds: 1)
            for height in [20_000, 20_001] {
                (note.hash, note.height) = ("\(height)", height)
                batch.blocks = [note]
                _ = try await write(batch, run: "00fe")
            }
            #expect(try await redis.send(["ZCARD", "{t}:blocks"]).integer == 10_000)
            #expect(try await redis.send(["ZCARD", "{t}:blocks:open"]).integer == 1000)
            #expect(try await redis.send(["ZSCORE", "{t}:blocks:open", "20001"]).string == "20001")
            #expect(try await redis.send(["ZRANGE", "{t}:connections:s", 0, -1]).array?.map(\.string) == ["bb"])
        }
    }
}
