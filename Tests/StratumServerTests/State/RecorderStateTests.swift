internal import Testing

@testable internal import stratum

@Suite struct RecorderStateTests {
    private let start = ContinuousClock.now
    private var state = RecorderState()

    private func time(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func share(
        _ worker: String = "a.1", _ outcome: ShareRecord.Outcome = .lowDifficulty, minute: Int64 = 1,
        difficulty: Double = 2
    ) -> ShareRecord {
        ShareRecord(worker: worker, outcome: outcome, difficulty: difficulty, atMilliseconds: minute * 60_000 + 5)
    }

    @Test mutating func `shares are summed by minute, worker and outcome`() {
        for _ in 0..<3 { state.count(share(), at: start) }
        state.count(share("a.1", .stale), at: start)
        state.count(share("b.1", minute: 2, difficulty: .infinity), at: start)
        let batch = state.batch(at: start)
        #expect(batch.totals.count == 3)
        #expect(
            batch.totals[.init(minute: 1, worker: "a.1", outcome: .lowDifficulty)] == .init(count: 3, difficulty: 6))
        #expect(
            batch.totals[.init(minute: 2, worker: "b.1", outcome: .lowDifficulty)] == .init(count: 1, difficulty: 0))
        #expect(state.sharesPerSecond(at: start) == 0.5)
    }

    @Test mutating func `a batch that may be written stays as it is, and what comes goes into the next`() {
        state.count(share(), at: start)
        let batch = state.batch(at: start)
        state.count(share(), at: start)
        #expect(state.batch(at: time(1)) == batch)
        state.written()
        let next = state.batch(at: time(2))
        #expect(next.number == batch.number + 1)
        #expect(next.totals.values.map(\.count) == [1])
        state.written()
        #expect(state.batch(at: time(3)).totals.isEmpty)
    }

    @Test mutating func `an hour is kept, and what is given up is told`() {
        for minute in Int64(1)...60 { state.count(share(minute: minute), at: start) }
        #expect(state.takeLost() == 0)
        state.count(share(minute: 61), at: start)
        #expect(state.takeLost() == 1)
        #expect(state.takeLost() == 0)
        #expect(state.batch(at: start).totals.count == 60)
    }

    @Test mutating func `totals are bounded, and go out in bounded batches, the oldest first`() {
        for worker in 0..<RecorderState.Limit.totals { state.count(share("w\(worker)", minute: 7), at: start) }
        state.count(share("one more", minute: 8), at: start)
        #expect(state.takeLost() == RecorderState.Limit.totals)
        for worker in 0..<6000 { state.count(share("w\(worker)", minute: 9), at: start) }
        let batch = state.batch(at: start)
        #expect(batch.totals.count == RecorderState.Limit.totalsInBatch)
        #expect(batch.totals.keys.contains { $0.minute == 8 })
        let long = String(repeating: "é", count: 200)
        state.count(share(long, minute: 9), at: start)
        state.written()
        let worker = state.batch(at: start).totals.keys.first { $0.worker.hasPrefix("é") }?.worker
        #expect(worker?.utf8.count == 128)
    }

    private func connection(_ id: String, accepted: Int = 0) -> ConnectionInfo {
        ConnectionInfo(
            address: "10.0.0.1", listener: "127.0.0.1:3333", proxyID: nil, worker: nil, extranonce1: id,
            difficulty: 16, agent: nil, sinceMilliseconds: 1, accepted: accepted, rejected: 0,
            lastShareMilliseconds: nil)
    }

    @Test mutating func `a connection is written when it changes, and renewed before it expires`() {
        state.put(connection("a"))
        state.put(connection("a", accepted: 1))
        #expect(state.batch(at: start).connections == [connection("a", accepted: 1)])
        state.written()
        for second in [1.0, 10, 29] {
            #expect(state.batch(at: time(second)).connections.isEmpty)
            state.written()
        }
        #expect(state.batch(at: time(35)).connections.count == 1)
        #expect(state.connectionCount == 1)
    }

    @Test mutating func `one that comes back before its end was written stays`() {
        state.put(connection("a"))
        _ = state.batch(at: start)
        state.written()
        state.remove("a")
        state.put(connection("a", accepted: 1))
        let batch = state.batch(at: time(1))
        #expect(batch.connections == [connection("a", accepted: 1)])
        #expect(batch.gone.isEmpty, "it would be removed after it was written")
        state.written()

        // Its end counts although this life of it was never written: the one before was.
        state.remove("a")
        state.put(connection("a"))
        state.remove("a")
        let last = state.batch(at: time(2))
        #expect(last.gone == ["a"])
        #expect(last.connections.isEmpty)
    }

    @Test mutating func `one that comes and goes is written once, and what is remembered of it is bounded`() {
        for round in 0..<10_000 {
            state.put(connection("a", accepted: round))
            state.remove("a")
        }
        #expect(state.waitingIDs < 5000)
        state.put(connection("a"))
        state.remove("a")
        state.put(connection("a", accepted: 2))
        #expect(state.batch(at: start).connections == [connection("a", accepted: 2)])
    }

    @Test(.timeLimit(.minutes(1))) mutating func `the end of all at once takes no longer for each than the end of one`()
    {
        let count = 100_000
        for number in 0..<count { state.put(connection("\(number)")) }
        for number in 0..<count { state.remove("\(number)") }
        #expect(state.connectionCount == 0)
        #expect(state.batch(at: start).connections.isEmpty)
        #expect(state.waitingIDs == 0)
    }

    @Test mutating func `what is not written yet is known`() {
        for _ in 0..<3 { state.count(share(), at: start) }
        _ = state.batch(at: start)
        state.count(share(), at: start)
        #expect(state.unwrittenShares == 4)
        state.written()
        #expect(state.unwrittenShares == 1)
        #expect(state.hasMore)
        _ = state.batch(at: start)
        state.written()
        #expect(!state.hasMore)
    }

    @Test mutating func `one that ends is removed, if it was ever written`() {
        state.put(connection("a"))
        _ = state.batch(at: start)
        state.written()
        state.put(connection("b"))
        state.remove("a")
        state.remove("b")
        state.remove("c")
        let batch = state.batch(at: time(1))
        #expect(batch.gone == ["a"])
        #expect(batch.connections.isEmpty)
        #expect(state.connectionCount == 0)
    }
}
