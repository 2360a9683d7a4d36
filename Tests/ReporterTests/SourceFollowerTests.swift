internal import Mining
internal import Testing

@testable internal import reporter

/// How a source is followed, without anything around it.
@Suite struct SourceFollowerTests {
    /// A follower with a clock of its own.
    struct Bench {
        var follower = SourceFollower(origin: "a", limits: .init(batchShares: 4, gatherFor: .milliseconds(100)))
        var now = ContinuousClock.now

        mutating func actions() -> [SourceFollower.Action] {
            follower.actions(now: now).filter { if case .wait = $0 { false } else { true } }
        }

        mutating func take(_ event: SourceFollower.Event, after time: Duration = .zero) {
            now += time
            follower.take(event, now: now, jitter: 0)
        }

        mutating func chunk(_ after: UInt64, _ upTo: UInt64, stream: Int = 1, after time: Duration = .zero) {
            let shares = (after..<upTo).map { Shares.share(Int($0) + 1) }
            take(.chunk(stream: stream, .init(after: after, upTo: upTo, shares: shares)), after: time)
        }

        /// Following, with the cursor at 10 and a stream open.
        static func following() -> Bench {
            var bench = Bench()
            _ = bench.actions()
            bench.take(.cursor(10))
            _ = bench.actions()
            bench.take(.completed)
            return bench
        }
    }

    private func batch(_ after: UInt64, _ upTo: UInt64) -> ShareBatch {
        ShareBatch(origin: "a", after: after, upTo: upTo, shares: (after..<upTo).map { Shares.share(Int($0) + 1) })
    }

    @Test func `it asks for the cursor, completes what is counted, and reads from there`() {
        var bench = Bench()
        #expect(bench.actions() == [.askCursor])
        #expect(bench.actions() == [])
        bench.take(.cursor(10))
        #expect(
            bench.actions() == [
                .complete(through: 10), .completeCopies(through: 10), .open(after: 10, stream: 1), .read(stream: 1),
            ])
        #expect(bench.actions() == [])
    }

    @Test func `shares are gathered for a while, or until a batch is full`() {
        var bench = Bench.following()
        bench.chunk(10, 12)
        #expect(bench.actions() == [.read(stream: 1)])
        #expect(bench.follower.actions(now: bench.now) == [])
        bench.chunk(12, 13, after: .milliseconds(99))
        #expect(bench.actions() == [.read(stream: 1)])
        bench.take(.time, after: .milliseconds(1))
        #expect(bench.actions() == [.count(batch(10, 13))])
        bench.chunk(13, 16)
        bench.take(.outcome(.counted(shares: 3, known: 0)))
        #expect(bench.actions() == [.complete(through: 13), .read(stream: 1)])
        bench.chunk(16, 17)
        // Four are enough.
        #expect(bench.actions() == [.count(batch(13, 17)), .read(stream: 1)])
    }

    @Test func `what is read ahead is bounded while nothing can be counted`() {
        var bench = Bench.following()
        bench.chunk(10, 14)
        #expect(bench.actions() == [.count(batch(10, 14)), .read(stream: 1)])
        bench.take(.countFailed("no Redis"))
        var read: UInt64 = 14
        while bench.actions().contains(.read(stream: 1)) || read == 14 {
            bench.chunk(read, read + 3)
            read += 3
            #expect(read < 100)
            if read >= 100 { return }
        }
        #expect(bench.follower.pendingShares < 4 + 2 * 4 + 3)
        #expect(bench.follower.problem == "no Redis")
        // The same batch again and again, later and later.
        var tries = 0
        for _ in 0..<10 {
            bench.take(.time, after: .seconds(5))
            guard bench.actions() == [.count(batch(10, 14))] else { continue }
            tries += 1
            bench.take(.countFailed("no Redis"))
        }
        #expect(tries == 10)
        bench.take(.time, after: .seconds(5))
        _ = bench.actions()
        bench.take(.outcome(.counted(shares: 4, known: 0)))
        #expect(bench.follower.problem == nil)
        #expect(bench.actions().contains(.complete(through: 14)))
    }

    @Test func `a try that came through though its answer was lost is no reason to begin again`() {
        var bench = Bench.following()
        bench.chunk(10, 14)
        _ = bench.actions()
        bench.take(.countFailed("no answer"))
        bench.take(.time, after: .seconds(1))
        #expect(bench.actions() == [.count(batch(10, 14))])
        bench.take(.outcome(.refused(cursor: 14)))
        #expect(bench.follower.rewinds == 0)
        #expect(bench.follower.cursor == 14)
        #expect(bench.actions() == [.complete(through: 14)])
    }

    @Test(arguments: [UInt64(3), 12, 400])
    func `where the cursor stands elsewhere it goes on from there`(_ cursor: UInt64) {
        var bench = Bench.following()
        bench.chunk(10, 14)
        _ = bench.actions()
        bench.chunk(14, 16)
        bench.take(.outcome(.refused(cursor: cursor)))
        #expect(bench.follower.pendingShares == 0)
        _ = bench.actions()
        bench.take(.time, after: .milliseconds(100))
        #expect(bench.actions() == [.open(after: cursor, stream: 2), .read(stream: 2)])
        // What the old stream still says is nothing.
        bench.chunk(16, 17)
        #expect(bench.follower.pendingShares == 0)
        bench.chunk(cursor, cursor + 4, stream: 2)
        #expect(bench.actions().contains(.count(batch(cursor, cursor + 4))))
    }

    @Test func `a quiet source looks now and then whether Redis has forgotten something`() {
        var bench = Bench.following()
        bench.take(.chunk(stream: 1, .init(after: 10, upTo: 10)))
        #expect(bench.actions() == [.read(stream: 1), .askCursor])
        bench.take(.cursor(10))
        #expect(bench.actions() == [])
        bench.take(.chunk(stream: 1, .init(after: 10, upTo: 10)))
        #expect(bench.actions() == [.read(stream: 1), .askCursor])
        bench.take(.cursor(4))
        #expect(bench.actions() == [.open(after: 4, stream: 2), .read(stream: 2)])
        #expect(bench.follower.rewinds == 1)
    }

    @Test func `what is counted is confirmed every minute, with what Redis says just then`() {
        var bench = Bench.following()
        bench.take(.time, after: .seconds(59))
        #expect(bench.actions() == [])
        bench.take(.time, after: .seconds(1))
        #expect(bench.actions() == [.askCursor])
        #expect(bench.actions() == [])
        bench.take(.cursor(10))
        #expect(bench.actions() == [.complete(through: 10), .completeCopies(through: 10)])
        bench.take(.completed)
        bench.take(.time, after: .seconds(60))
        #expect(bench.actions() == [.askCursor])
        // Redis has lost what was counted: the source hears of no more than that, and is read again.
        bench.take(.cursor(4))
        #expect(
            bench.actions() == [
                .complete(through: 4), .completeCopies(through: 4), .open(after: 4, stream: 2), .read(stream: 2),
            ])
        #expect(bench.follower.rewinds == 1)
    }

    @Test func `nothing is confirmed while Redis says nothing`() {
        var bench = Bench.following()
        bench.take(.time, after: .seconds(60))
        for _ in 0..<20 {
            #expect(bench.actions() == [.askCursor])
            bench.take(.cursorFailed("no Redis"))
            #expect(bench.actions() == [])
            bench.take(.time, after: .seconds(5))
        }
        // Nor while a batch is on its way: its outcome tells.
        bench = .following()
        bench.chunk(10, 14)
        #expect(bench.actions() == [.count(batch(10, 14)), .read(stream: 1)])
        bench.take(.time, after: .seconds(600))
        #expect(bench.actions() == [])
        bench.take(.outcome(.counted(shares: 4, known: 0)))
        #expect(bench.actions() == [.complete(through: 14), .completeCopies(through: 14)])
        // A try that failed is not repeated with what Redis said long ago.
        bench.take(.completeFailed("no server"), after: .seconds(20))
        bench.take(.time, after: .seconds(5))
        #expect(bench.actions() == [.askCursor])
        bench.take(.cursor(14))
        #expect(bench.actions() == [.complete(through: 14)])
    }

    @Test func `a busy source sleeps once a minute, not once a batch`() {
        var bench = Bench.following()
        var sleeps: [Duration] = []
        for number in UInt64(10)..<110 {
            bench.chunk(number, number + 1)
            for _ in 0..<2 {
                for action in bench.follower.actions(now: bench.now) {
                    if case .wait(let time) = action { sleeps.append(time) }
                }
                bench.take(.time, after: .milliseconds(100))
            }
            bench.take(.outcome(.counted(shares: 1, known: 0)))
            _ = bench.actions()
            bench.take(.completed)
        }
        #expect(sleeps.count { $0 > .seconds(1) } <= 1)
    }

    @Test func `a stream that breaks is opened again where it was read to, later after each failure`() {
        var bench = Bench.following()
        bench.chunk(10, 12)
        _ = bench.actions()
        bench.take(.ended(stream: 1, "gone"))
        #expect(bench.actions() == [])
        bench.take(.time, after: .milliseconds(100))
        #expect(bench.actions() == [.count(batch(10, 12)), .open(after: 12, stream: 2), .read(stream: 2)])
        bench.take(.ended(stream: 2, "gone"))
        bench.take(.time, after: .milliseconds(100))
        #expect(bench.actions() == [])
        bench.take(.time, after: .milliseconds(100))
        #expect(bench.actions() == [.open(after: 12, stream: 3), .read(stream: 3)])
        // A gap is no stream to go on with.
        bench.chunk(13, 14, stream: 3)
        #expect(bench.follower.problem?.contains("after 13") == true)
        #expect(bench.follower.readTo == 12)
    }

    @Test func `it says when it wants to be woken`() {
        var bench = Bench()
        _ = bench.actions()
        bench.take(.cursorFailed("no Redis"))
        #expect(bench.follower.actions(now: bench.now) == [.wait(.milliseconds(100))])
        #expect(bench.follower.actions(now: bench.now) == [])
        bench.take(.time, after: .milliseconds(100))
        #expect(bench.actions() == [.askCursor])
    }
}
