internal import MessagePack
internal import Testing

@testable internal import headframe

/// What is read out of the pool's hashes.
@Suite struct PoolRecordTests {
    @Test("Totals are read from the right: a worker's name may hold anything")
    func minute() {
        let minute = ShareMinute(
            minute: 7,
            PoolFields([
                "a.1|accepted|count": "3", "a.1|accepted|difficulty": "1.5", "a.1|stale|count": "1",
                "a.1|stale|difficulty": "100", "x|y|accepted|count": "2", "x|y|accepted|difficulty": "4",
                "||accepted|count": "1", "nonsense": "1", "b|accepted|count": "many", "b|accepted|difficulty": "inf",
            ]))
        #expect(minute.workers["a.1"]?.accepted == 3)
        #expect(minute.workers["a.1"]?.rejected == 1)
        #expect(minute.workers["a.1"]?.acceptedDifficulty == 1.5)
        #expect(minute.workers["x|y"]?.acceptedDifficulty == 4)
        #expect(minute.workers["|"]?.accepted == 1)
        #expect(minute.workers["b"] == nil)
        #expect(minute.all.accepted == 6 && minute.all.all == 7)
    }

    @Test("A hash rate is what the accepted difficulty takes")
    func rates() {
        var totals = ShareTotals()
        totals.add("accepted", difficulty: 60)
        totals.add("stale", difficulty: 1000)
        #expect(abs(totals.hashRate(seconds: 60, .scrypt) - 65537) < 1)
        #expect(abs(totals.hashRate(seconds: 60, .sha256d) / 0x1p32 - 1) < 1e-4)
        #expect(totals.hashRate(seconds: 0, .scrypt) == 0)
        #expect(
            HashRate.text(4310) == "4.31 kH/s" && HashRate.text(999) == "999 H/s" && HashRate.text(1e13) == "10.00 TH/s"
        )
    }

    @Test("A worker's rate counts from when it was first seen, and one that has gone keeps its last share")
    func ratesOfNewcomers() {
        let minute = ShareMinute(
            minute: 999, PoolFields(["a|accepted|count": "1", "a|accepted|difficulty": "60"]))
        let now = 1000 * 60_000
        let report = WorkersReport([minute], [], span: ShareSpan(last: 600, now: now), algorithm: .scrypt, now: now)
        #expect(report.json.arrayValue?.first?["hashesPerSecond"] == 65537.0)
        #expect(report.workers.first?.lastShareMilliseconds == 999 * 60_000)
    }

    @Test("A span has the present minute and whole ones before it")
    func spans() {
        let span = ShareSpan(last: 600, now: 1000 * 60_000 + 30_000)
        #expect(span.lastMinute == 1000 && span.firstMinute == 990 && span.seconds == 630)
        let exact = ShareSpan(last: 60, now: 1000 * 60_000)
        #expect(exact.firstMinute == 999 && exact.seconds == 60)
        #expect(TimeSpan(argument: "10m") == TimeSpan(seconds: 600))
        #expect(TimeSpan(argument: "1.5h") == TimeSpan(seconds: 5400))
        #expect(TimeSpan(argument: "10") == TimeSpan(seconds: 10))
        for wrong in ["m", "-5m", "nan", "0s", "5x", ""] {
            #expect(TimeSpan(argument: wrong) == nil, "\(wrong)")
        }
    }
}
