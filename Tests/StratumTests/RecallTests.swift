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
        let memory = try #require(first.session.memory)
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
        let actions = comeBack(&second, with: first.session.memory)
        #expect(actions.notifies.count == 1)
        #expect(second.submit(job).rejected == [.stale])
    }

    @Test func whatWasSubmittedStaysSubmitted() throws {
        let work = try SampleWork.make()
        var first = TestMiner(work: work)
        let job = try #require(first.begin().notifies.first).job
        _ = first.submit(job)
        var second = TestMiner(work: work, connection: 2)
        _ = comeBack(&second, with: first.session.memory)
        #expect(second.submit(job).rejected == [.duplicate])
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
        var miner = TestMiner()
        #expect(miner.session.memory == nil)
        _ = miner.begin()
        #expect(miner.session.memory == nil)
    }
}
