internal import Mining
internal import Redis
internal import TestSupport
internal import Testing

@testable internal import reporter

/// The counting of batches, in a real Redis.
@Suite struct BatchScriptTests {
    static let minute = Shares.begin / 60_000

    @Test func `a batch is counted once, and only where the cursor stands`() async throws {
        try await withLedger { scene async throws in
            let batch = ShareBatch(
                origin: "a", after: 0, upTo: 7, shares: [Shares.share(1), Shares.share(2, "bob", weight: 5)])
            #expect(try await scene.ledger.count(batch) == .counted(shares: 2, known: 0))
            #expect(try await scene.ledger.count(batch) == .refused(cursor: 7))
            let gap = ShareBatch(origin: "a", after: 8, upTo: 9, shares: batch.shares)
            #expect(try await scene.ledger.count(gap) == .refused(cursor: 7))
            #expect(try await scene.ledger.cursor(of: "a") == 7)
            #expect(
                try await scene.numbers("shares:\(Self.minute)") == [
                    "alice|accepted|count": 1, "alice|accepted|weight": 65_536, "bob|accepted|count": 1,
                    "bob|accepted|weight": 5,
                ])
            #expect(try await scene.numbers("pplns") == ["alice": 65_536, "bob": 5])
            // A batch of holes alone moves the cursor.
            #expect(
                try await scene.ledger.count(ShareBatch(origin: "a", after: 7, upTo: 9))
                    == .counted(shares: 0, known: 0))
            #expect(try await scene.ledger.cursor(of: "a") == 9)
        }
    }

    @Test func `a share that two servers have counts once, in one batch too`() async throws {
        try await withLedger { scene async throws in
            #expect(
                try await scene.count([Shares.share(1), Shares.share(2)], origin: "a") == .counted(shares: 2, known: 0))
            let again = [Shares.share(2), Shares.share(3), Shares.share(3, at: 60_000)]
            #expect(try await scene.count(again, origin: "b") == .counted(shares: 1, known: 2))
            #expect(try await scene.numbers("pplns") == ["alice": 3 * 65_536])
            #expect(try await scene.reply("SCARD", "{test}:shares:seen:job").integer == 3)
            // The same hash of another job is another share.
            #expect(
                try await scene.count([Shares.share(1, job: "other")], origin: "b") == .counted(shares: 1, known: 0))
        }
    }

    @Test func `after writes were lost a source begins again where the cursor stands`() async throws {
        try await withLedger { scene async throws in
            try await scene.count((1...10).map { Shares.share($0) })
            let keys = try await scene.reply("KEYS", "*").array?.compactMap(\.string) ?? []
            var kept: [(String, [UInt8])] = []
            for key in keys { kept.append((key, try await scene.reply("DUMP", key).bytes ?? [])) }
            try await scene.count((11...20).map { Shares.share($0) })

            // A failover to a replica that never got the second batch.
            _ = try await scene.reply("FLUSHALL")
            for (key, bytes) in kept {
                _ = try await scene.redis.send(["RESTORE", RedisArgument(key), 0, RedisArgument(bytes)])
            }
            let next = ShareBatch(origin: "a", after: 20, upTo: 21, shares: [Shares.share(21)])
            #expect(try await scene.ledger.count(next) == .refused(cursor: 10))
            let rewound = ShareBatch(origin: "a", after: 10, upTo: 21, shares: (11...21).map { Shares.share($0) })
            #expect(try await scene.ledger.count(rewound) == .counted(shares: 11, known: 0))
            #expect(try await scene.numbers("pplns") == ["alice": 21 * 65_536])
            #expect(try await scene.numbers("shares:\(Self.minute)")["alice|accepted|count"] == 21)
        }
    }

    @Test func `sums are exact beyond what a double holds, and beyond 64 bits`() async throws {
        try await withLedger(CountingOptions(windowWeight: .max)) { scene in
            let odd: Int64 = 9_007_199_254_740_993
            let shares = (1...100).map { Shares.share($0, weight: odd) } + [Shares.share(101, weight: .max)]
            try await scene.count(shares)
            try await scene.count([Shares.share(102, weight: .max), Shares.share(103, weight: 1)])
            let exact = UInt128(odd) * 100 + UInt128(Int64.max) * 2 + 1
            #expect(try await scene.numbers("shares:\(Self.minute)")["alice|accepted|weight"] == exact)
            #expect(try await scene.numbers("pplns") == ["alice": exact])
            #expect(try await scene.rounds().map(\.weights) == [["alice": exact]])
            #expect(try await scene.reply("GET", "{test}:pplns:total").string == "\(exact)")
        }
    }

    @Test func `the hashes of a job live as long as they are told to, from the last share on`() async throws {
        try await withLedger(CountingOptions(seenLife: .milliseconds(300))) { scene in
            try await scene.count([Shares.share(1)])
            try await eventually("the set is gone") {
                try await scene.reply("EXISTS", "{test}:shares:seen:job").integer == 0
            }
            // Whether it was counted nobody knows any more, nor of others of that job; other jobs are not concerned.
            let late = [
                Shares.share(1), Shares.share(2, "eve|\u{e9}", weight: 9_007_199_254_740_993),
                Shares.share(3, isBlock: true), Shares.share(3),
                Shares.share(4, job: "other"),
            ]
            #expect(try await scene.count(late, origin: "b") == .counted(shares: 1, known: 1, late: 3))
            let listed =
                try await scene.reply("LRANGE", "{test}:shares:late", "0", "-1").array?.compactMap(\.string) ?? []
            #expect(listed.count == 3)
            #expect(listed.contains { $0.contains(Hex.encode(Shares.hash(2))) && $0.contains("\"9007199254740993\"") })
            #expect(listed.allSatisfy { $0.contains("\"time\":\(Shares.begin)") && $0.contains("\"source\":\"b\"") })
            #expect(try await scene.numbers("pplns") == ["alice": 2 * 65_536])
            #expect(try await scene.members("rounds:blocks").count == 1)
        }
        try await withLedger { scene async throws in
            // Older than jobs are remembered.
            #expect(
                try await scene.count([Shares.share(1, at: -30 * 86_400_000)]) == .counted(shares: 0, known: 0, late: 1)
            )
        }
        try await withLedger { scene async throws in
            try await scene.count([Shares.share(1)])
            let life = try await scene.reply("PTTL", "{test}:shares:seen:job").integer ?? 0
            #expect((86_300_000...86_400_000).contains(life))
            for key in try await scene.reply("KEYS", "*").array?.compactMap(\.string) ?? [] {
                let isTrimmed = [
                    "{test}:shares", "{test}:shares:workers", "{test}:rounds:detail", "{test}:shares:jobs",
                ].contains(key)
                #expect(try await scene.reply("PTTL", key).integer ?? 0 > 0 || isTrimmed, "\(key)")
            }
        }
    }

    @Test func `workers beyond the bound of a minute are counted together`() async throws {
        try await withLedger { scene async throws in
            let key = "{test}:shares:\(Self.minute)"
            try await scene.count([Shares.share(1)])
            let filling: [[RedisArgument]] = (0..<50).map { part in
                ["HSET", RedisArgument(key)]
                    + (0..<1000).flatMap { [RedisArgument("w\(part * 1000 + $0)|stale|count"), 1] }
            }
            _ = try await scene.redis.pipeline(filling)
            try await scene.count([Shares.share(2), Shares.share(3, "new"), Shares.share(4, "other", weight: 2)])
            let totals = try await scene.numbers("shares:\(Self.minute)")
            #expect(totals["alice|accepted|count"] == 2)
            #expect(totals["*|accepted|count"] == 2)
            #expect(totals["*|accepted|weight"] == 65_538)
            #expect(totals["new|accepted|count"] == nil)
            #expect(try await scene.numbers("pplns")["*"] == 65_538)
        }
    }

    @Test func `a batch may be as large as it gets`() async throws {
        try await withLedger { scene async throws in
            let shares = (0..<10_000).map { number in
                Shares.share(
                    number, "worker-\(number % 5_000)", at: Int64(number % 7) * 60_000, height: 100 + number % 3,
                    job: "job-\(number % 3)")
            }
            #expect(try await scene.count(shares) == .counted(shares: 10_000, known: 0))
            #expect(try await scene.count(shares, origin: "b") == .counted(shares: 0, known: 10_000))
            #expect(try await scene.numbers("pplns").values.reduce(0, +) == 10_000 * 65_536)
            #expect(try await scene.reply("ZCARD", "{test}:shares:workers").integer == 5_000)
        }
    }

    @Test func `the last share of a worker is the latest that came, in whatever order`() async throws {
        try await withLedger { scene async throws in
            try await scene.count([Shares.share(1), Shares.share(2, at: -5_000)])
            try await scene.count([Shares.share(3, at: -9_000)])
            #expect(
                try await scene.reply("ZSCORE", "{test}:shares:workers", "alice").integer == Shares.begin)
        }
    }
}
