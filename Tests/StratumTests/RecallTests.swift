internal import Mining
internal import Testing

@testable internal import Stratum

/// A miner that comes back with its session id.
@Suite struct RecallTests {
    private func comeBack(_ miner: inout TestMiner, with memory: SessionMemory?, password: String = "x") -> [Session
        .Action]
    {
        let asked = miner.ask("mining.subscribe", #"["test/1","0A0B0C0D00000001"]"#)
        guard case .recall(session: "0a0b0c0d00000001")? = asked.first else {
            Issue.record("no recall: \(asked)")
            return []
        }
        return asked + miner.session.recalled(memory, now: miner.now) + miner.authorize(password: password)
    }

    @Test func itGoesOnWhereItWas() throws {
        let work = try SampleWork.make()
        var first = TestMiner(work: work)
        let job = try #require(first.begin(password: "d=500").notifies.first).job
        let kept = first.session.end()
        let memory = try #require(kept)
        #expect(memory.session == "0a0b0c0d00000001")

        var second = TestMiner(work: work, connection: 2)
        let actions = comeBack(&second, with: memory, password: "d=1")
        #expect(second.session.extranonce1.connection == 1)
        #expect(actions.difficulties == [500])
        let issued = try #require(actions.notifies.first)
        #expect(issued.isClean && issued.job != job)
        // What it found while it was away.
        #expect(second.submit(job).checks.map(\.difficulty) == [500])
    }

    @Test func whatItMinedIsWorthlessAfterANewBlock() throws {
        var first = TestMiner(work: try SampleWork.make())
        let job = try #require(first.begin().notifies.first).job
        var second = TestMiner(work: try SampleWork.make(tip: 2), connection: 2)
        let actions = comeBack(&second, with: first.session.end())
        #expect(actions.notifies.count == 1)
        #expect(second.submit(job).rejected == [.stale])
    }

    @Test func whatWasSubmittedStaysSubmitted() throws {
        let work = try SampleWork.make()
        var first = TestMiner(work: work)
        let job = try #require(first.begin().notifies.first).job
        _ = first.submit(job)
        var second = TestMiner(work: work, connection: 2)
        _ = comeBack(&second, with: first.session.end())
        #expect(second.submit(job).rejected == [.duplicate])
    }

    /// A connection that is gone takes no line any more: what the memory does not know could be submitted again.
    @Test func whatComesAfterTheEndIsNotTaken() throws {
        let work = try SampleWork.make()
        var first = TestMiner(work: work)
        let job = try #require(first.begin().notifies.first).job
        let atWork = try #require(first.submit(job).checks.first)
        let memory = first.session.end()
        #expect(first.submit(job, "00000002").isEmpty && first.wait(100).isEmpty)
        #expect(first.session.checked(atWork.id, .accepted(hash: "a"), now: first.now).accepted.count == 1)
        // Neither is the share at work taken twice.
        var second = TestMiner(work: work, connection: 2)
        _ = comeBack(&second, with: memory)
        #expect(second.submit(job).rejected == [.duplicate])
        #expect(second.submit(job, "00000002").checks.count == 1)
    }

    @Test func whatWaitedForADecisionIsNotTakenAfterTheEnd() throws {
        var miner = TestMiner(work: try SampleWork.make())
        let job = try #require(miner.begin().notifies.first).job
        _ = miner.ask("mining.authorize", #"["w2","x"]"#)
        _ = miner.submit(job)
        _ = miner.session.end()
        #expect(miner.session.authorized(.allowed, now: miner.now).isEmpty)
    }

    /// A miner that begins anew with its search must not find the same shares.
    @Test func theTimeGoesOnWhereItWas() throws {
        let work = try SampleWork.make()
        var first = TestMiner(work: work)
        var times = try [#require(first.begin().notifies.first).time]
        for _ in 1...3 {
            _ = first.work(work)
            times += first.wait(75).notifies.map(\.time)
        }
        #expect(times.count > 3 && times == times.sorted() && Set(times).count == times.count)
        #expect(try #require(times.last) >= SampleWork.time + 165)
        var second = TestMiner(work: work, connection: 2)
        let back = try #require(comeBack(&second, with: first.session.end()).notifies.first)
        #expect(back.time > times.max() ?? 0)
    }

    @Test func withoutCurrentWorkTheTipIsSeenLater() throws {
        var first = TestMiner(work: try SampleWork.make())
        let job = try #require(first.begin().notifies.first).job
        var second = TestMiner(connection: 2)
        #expect(comeBack(&second, with: first.session.end()).notifies.isEmpty)
        #expect(second.work(try SampleWork.make(tip: 2)).notifies.map(\.isClean) == [true])
        #expect(second.submit(job).rejected == [.stale])
        #expect(second.session.jobs.jobs.count == 1)
    }

    @Test func withoutAMemoryItBeginsAnew() throws {
        var miner = TestMiner(work: try SampleWork.make(), connection: 2)
        let actions = comeBack(&miner, with: nil)
        #expect(miner.session.extranonce1.connection == 2)
        #expect(actions.notifies.count == 1 && actions.difficulties == [16])
    }

    @Test(arguments: ["", "x", "0a0b0c0d0000000", "0a0b0c0d000000011"]) func whatIsNoSessionIsIgnored(id: String) {
        var miner = TestMiner()
        #expect(miner.ask("mining.subscribe", #"["test/1","\#(id)"]"#).replies.count == 1)
    }

    @Test func beforeItMinedThereIsNothingToRemember() {
        var early = TestMiner()
        #expect(early.session.end() == nil)
        var idle = TestMiner()
        _ = idle.begin()
        #expect(idle.session.end() == nil)
    }
}
