internal import Mining
internal import Redis
internal import TestSupport
internal import Testing

@testable internal import reporter

/// Which share belongs to which block, in a real Redis, before and after shares are added up.
@Suite struct RoundTests {
    /// Shares one by one for as long as a test takes, and none longer.
    enum Keeping: CaseIterable {
        case shares
        case sums

        var options: CountingOptions { CountingOptions(detailLife: self == .shares ? .seconds(3600) : .zero) }
    }

    private func fold(_ scene: LedgerScene, _ keeping: Keeping) async throws {
        while try await scene.ledger.fold() {}
        #expect(try await scene.members("rounds:detail").isEmpty == (keeping == .sums))
    }

    private func name(_ number: Int) -> String { Hex.encode(Shares.hash(number)) }

    @Test(arguments: Keeping.allCases)
    func `an orphaned block's round merges into the next`(_ keeping: Keeping) async throws {
        try await withLedger(keeping.options) { scene in
            try await scene.count([
                Shares.share(1, at: 0, weight: 1), Shares.share(2, "bob", at: 10, weight: 2, isBlock: true),
                Shares.share(3, at: 20, height: 101, weight: 4),
                Shares.share(4, "bob", at: 30, height: 101, weight: 8, isBlock: true),
                Shares.share(5, at: 40, height: 102, weight: 16),
            ])
            try await fold(scene, keeping)
            let rounds = try await scene.rounds()
            #expect(rounds.map(\.weights) == [["alice": 1, "bob": 2], ["alice": 4, "bob": 8], ["alice": 16]])
            #expect(rounds.map(\.block?.hash) == [name(2), name(4), nil])
            let merged = try await scene.rounds(orphans: [name(2)])
            #expect(merged.map(\.weights) == [["alice": 5, "bob": 10], ["alice": 16]])
            #expect(merged[0].orphans.map(\.hash) == [name(2)])
            #expect(try await scene.rounds(orphans: [name(2), name(4)]).map(\.weights) == [["alice": 21, "bob": 10]])
        }
    }

    @Test(arguments: Keeping.allCases)
    func `within a height time decides, to the millisecond`(_ keeping: Keeping) async throws {
        try await withLedger(keeping.options) { scene in
            try await scene.count([
                Shares.share(1, at: 999, weight: 1), Shares.share(2, at: 1_000, weight: 2, isBlock: true),
                Shares.share(3, at: 1_000, weight: 4), Shares.share(4, at: 1_001, weight: 8),
                // Another height, at an earlier time: height counts first.
                Shares.share(5, at: 0, height: 101, weight: 16), Shares.share(6, at: 9_000, height: 99, weight: 32),
            ])
            try await fold(scene, keeping)
            #expect(try await scene.rounds().map(\.weights) == [["alice": 39], ["alice": 24]])
        }
    }

    @Test func `shares and blocks that come late are where they belong`() async throws {
        try await withLedger { scene in
            try await scene.count([Shares.share(1, at: 100, weight: 1), Shares.share(2, at: 300, weight: 2)])
            try await scene.count([Shares.share(3, at: 0, height: 102, weight: 4)])
            try await scene.count([Shares.share(4, at: 200, weight: 8, isBlock: true)], origin: "b")
            #expect(try await scene.rounds().map(\.weights) == [["alice": 9], ["alice": 6]])
            try await scene.count([Shares.share(5, at: 150, weight: 16)], origin: "c")
            #expect(try await scene.rounds().map(\.weights) == [["alice": 25], ["alice": 6]])
        }
        try await withLedger(CountingOptions(detailLife: .zero)) { scene in
            try await scene.count([
                Shares.share(1, at: 200, weight: 1, isBlock: true), Shares.share(2, at: 300, weight: 2),
            ])
            while try await scene.ledger.fold() {}
            try await scene.count([Shares.share(3, at: 100, weight: 4), Shares.share(4, at: 400, weight: 8)])
            while try await scene.ledger.fold() {}
            #expect(try await scene.rounds().map(\.weights) == [["alice": 5], ["alice": 10]])
        }
    }

    @Test(arguments: Keeping.allCases)
    func `an accepted block whose share is not counted ends its round all the same`(_ keeping: Keeping) async throws {
        try await withLedger(keeping.options) { scene in
            func found(_ number: Int, at time: Int64, height: Int = 100, _ outcome: String) async throws {
                _ = try await scene.reply("ZADD", "{test}:blocks", "\(height)", name(number))
                _ = try await scene.reply(
                    "HSET", "{test}:block:\(name(number))", "height", "\(height)", "found", "\(Shares.begin + time)",
                    "outcome", outcome)
            }
            #expect(try await scene.ledger.endRounds() == 0)
            try await found(50, at: 20, "accepted")
            try await found(51, at: 25, "rejected")
            try await found(52, at: 26, "undecided")
            try await found(2, at: 999, height: 101, "accepted")
            try await scene.count([
                Shares.share(1, at: 10, weight: 1), Shares.share(3, at: 30, weight: 2),
                Shares.share(4, at: 40, height: 101, weight: 4),
            ])
            #expect(try await scene.ledger.endRounds() == 2)
            #expect(try await scene.ledger.endRounds() == 0)
            // The share of one comes yet: it stands where its share does, and copies of it, here and elsewhere, change nothing.
            let block = Shares.share(2, at: 35, height: 101, weight: 8, isBlock: true)
            try await scene.count([block])
            try await scene.count([Shares.share(2, at: 50, height: 101, weight: 8, isBlock: true)], origin: "b")
            #expect(try await scene.ledger.endRounds() == 0)
            try await fold(scene, keeping)
            let rounds = try await scene.rounds()
            #expect(rounds.map(\.weights) == [["alice": 1], ["alice": 10], ["alice": 4]])
            #expect(rounds.map(\.block?.hash) == [name(50), name(2), nil])
        }
    }

    @Test func `many workers are added up in several steps, each share once`() async throws {
        try await withLedger(CountingOptions(detailLife: .zero)) { scene in
            let shares = (0..<6_000).map { Shares.share($0, "worker-\($0 % 3_000)", at: Int64($0), weight: 3) }
            try await scene.count(shares)
            var steps = 0
            while try await scene.ledger.fold() {
                steps += 1
                #expect(try await scene.rounds().map(\.weight) == [18_000])
            }
            #expect(steps > 3)
            #expect(
                try await scene.rounds().map(\.weights) == [
                    Dictionary(uniqueKeysWithValues: (0..<3_000).map { ("worker-\($0)", 6) })
                ])
            #expect(try await scene.reply("GET", "{test}:rounds:folds").integer == Int64(steps))
        }
    }
}
