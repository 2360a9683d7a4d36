internal import Redis
internal import TestSupport
internal import Testing

@testable internal import reporter

/// The window of PPLNS, in a real Redis.
@Suite struct WindowTests {
    static let first = Shares.begin / 60_000

    @Test func `the window has the newest minutes that make up its weight`() async throws {
        try await withLedger(CountingOptions(windowWeight: 100)) { scene in
            for minute in 0..<5 {
                try await scene.count([
                    Shares.share(2 * minute, at: Int64(minute) * 60_000, weight: 30),
                    Shares.share(2 * minute + 1, "bob\(minute)", at: Int64(minute) * 60_000, weight: 10),
                ])
            }
            // Three minutes of 40 make up 100, two do not.
            #expect(try await scene.members("pplns:minutes") == (Self.first + 2..<Self.first + 5).map { "\($0)" })
            #expect(try await scene.numbers("pplns") == ["alice": 90, "bob2": 10, "bob3": 10, "bob4": 10])
            #expect(try await scene.reply("GET", "{test}:pplns:total").string == "120")

            // A late share of a minute that has left is not in it; one of a minute that is there may push the oldest out.
            try await scene.count([Shares.share(50, "late", at: 60_000, weight: 1_000)])
            #expect(try await scene.numbers("pplns")["late"] == nil)
            try await scene.count([Shares.share(51, "late", at: 3 * 60_000, weight: 25)])
            #expect(try await scene.numbers("pplns") == ["alice": 60, "bob3": 10, "bob4": 10, "late": 25])
            #expect(try await scene.numbers("pplns:weights").values.reduce(0, +) == 105)
            #expect(try await scene.reply("EXISTS", "{test}:pplns:minute:\(Self.first + 2)").integer == 0)
        }
    }

    @Test func `the share of a server whose clock is a day ahead does not stop the window, nor the totals`()
        async throws
    {
        try await withLedger(CountingOptions(windowWeight: 10, windowMinutes: 60)) { scene in
            let day: Int64 = 24 * 3_600_000
            try await scene.count([Shares.share(1, "ahead", at: day, weight: 1)])
            try await scene.count([Shares.share(2, weight: 2)])
            #expect(try await scene.numbers("pplns") == ["ahead": 1, "alice": 2])
            let minutes = try await scene.members("shares").compactMap { Int64($0) }
            #expect(minutes.count == 2 && minutes.allSatisfy { $0 <= Self.first + 7 })
            #expect(try await scene.members("pplns:minutes") == minutes.map { "\($0)" })
            let last = try await scene.reply("ZSCORE", "{test}:shares:workers", "ahead").integer ?? 0
            #expect((Shares.begin...Shares.begin + 8 * 60_000).contains(last))
            // Its round has it with its own time.
            #expect(try await scene.members("rounds:detail").contains("100:\(Self.first + day / 60_000)"))
        }
    }

    @Test func `while it is not full the window takes earlier minutes too, up to its length`() async throws {
        try await withLedger(CountingOptions(windowWeight: 1_000, windowMinutes: 3)) { scene in
            try await scene.count([Shares.share(1, at: 2 * 60_000, weight: 1)])
            try await scene.count([Shares.share(2, at: 0, weight: 2)])
            #expect(try await scene.numbers("pplns") == ["alice": 3])
            try await scene.count([Shares.share(3, at: 3 * 60_000, weight: 4)])
            #expect(try await scene.numbers("pplns") == ["alice": 5])
            try await scene.count([Shares.share(4, at: 0, weight: 8)])
            #expect(try await scene.numbers("pplns") == ["alice": 5])
        }
    }
}
