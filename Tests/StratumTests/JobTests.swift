internal import Mining
internal import Testing

@testable internal import Stratum

@Suite struct JobTests {
    @Test func idsAreNeverTheSame() throws {
        let work = try SampleWork.make()
        var ids: [String] = []
        for connection in 1...3 as ClosedRange<UInt32> {
            var miner = TestMiner(work: work, connection: connection)
            ids += (miner.begin() + miner.wait(120) + miner.work(try SampleWork.make(2))).notifies.map(\.job)
        }
        #expect(ids.count >= 12 && Set(ids).count == ids.count)
        #expect(ids[0] == work.jobID.prefix(8) + "0a0b0c0d00000001" + "1")
    }

    @Test func aRefreshedTemplateLeavesEarlierJobs() throws {
        var miner = TestMiner(work: try SampleWork.make())
        let first = try #require(miner.begin().notifies.first)
        let second = try #require(miner.work(try SampleWork.make(2)).notifies.first)
        #expect(!second.isClean)
        #expect(miner.submit(first.job).checks.count == 1 && miner.submit(second.job).checks.count == 1)
    }

    @Test func onlyANewTipIsClean() throws {
        var miner = TestMiner(work: try SampleWork.make())
        let first = try #require(miner.begin().notifies.first)
        #expect(first.isClean)
        // A second worker that asks for another difficulty, and one that only comes.
        let second = (miner.ask("mining.authorize", #"["w2","d=99"]"#) + allow(&miner)).notifies
        #expect(second.map(\.isClean) == [false])
        #expect(miner.submit(first.job).checks.count == 1)
        _ = miner.ask("mining.extranonce.subscribe")
        let other = Extranonce1(process: 9, connection: 9)
        #expect(miner.session.setExtranonce(other, now: miner.now).notifies.map(\.isClean) == [false])
        #expect(miner.work(try SampleWork.make(2)).notifies.map(\.isClean) == [false])
        #expect(miner.work(try SampleWork.make(2, tip: 2)).notifies.map(\.isClean) == [true])
        #expect(miner.work(try SampleWork.make(2)).notifies.map(\.isClean) == [true])
    }

    private func allow(_ miner: inout TestMiner) -> [Session.Action] {
        miner.session.authorized(.allowed, now: miner.now)
    }

    @Test func workThatComesBackIsTheWorkThatItWas() throws {
        let (work, other) = (try SampleWork.make(1), try SampleWork.make(2))
        var miner = TestMiner(work: work)
        let first = try #require(miner.begin().notifies.first)
        _ = miner.submit(first.job)
        // Another jobmanager's job takes its place until none of its own is left, then it is back.
        _ = miner.work(other)
        _ = miner.wait(301)
        #expect(miner.submit(first.job, "00000002").rejected == [.stale])
        let back = try #require(miner.work(work).notifies.first)
        #expect(back.time > first.time)
        #expect(miner.submit(back.job).rejected == [.duplicate])
        // Another block, and back.
        _ = miner.work(try SampleWork.make(tip: 2))
        let again = try #require(miner.work(work).notifies.first)
        #expect(again.time > back.time)
        #expect(miner.submit(again.job).rejected == [.duplicate])
    }

    @Test func whatIsKnownOfEarlierWorkIsBounded() throws {
        let work = try SampleWork.make(1)
        var miner = TestMiner(work: work)
        _ = miner.submit(try #require(miner.begin().notifies.first).job)
        for number in 1..<IssuedJobs.retiredLimit {
            let job = try #require(miner.work(try SampleWork.make(number, tip: 2 + number)).notifies.first).job
            _ = miner.submit(job)
        }
        var soon = miner
        #expect(soon.submit(try #require(soon.work(work).notifies.first).job).rejected == [.duplicate])
        _ = miner.work(try SampleWork.make(tip: 99))
        _ = miner.work(try SampleWork.make(tip: 100))
        #expect(miner.submit(try #require(miner.work(work).notifies.first).job).checks.count == 1)
    }

    @Test func aTimeWithoutAJobSaysNothingOfTheHashRate() throws {
        var options = SessionOptions()
        options.jobAge = .seconds(10)
        let work = try SampleWork.make()
        var miner = TestMiner(options, work: work)
        _ = miner.begin()
        _ = miner.wait(600)
        #expect(miner.session.state == .waitingForJob)
        let back = miner.work(work) + miner.wait(5)
        #expect(back.notifies.count == 1 && miner.session.difficulty == 16)
        // One new block after the other does not make it forget what it counted.
        var busy = TestMiner(work: work)
        _ = busy.begin()
        for tip in 2...9 {
            _ = busy.work(try SampleWork.make(tip: tip))
            _ = busy.wait(5)
        }
        #expect(busy.session.difficulty < 16)
    }

    @Test func aNewTipMakesThemWorthless() throws {
        var miner = TestMiner(work: try SampleWork.make())
        let first = try #require(miner.begin().notifies.first)
        let second = try #require(miner.work(try SampleWork.make(tip: 2)).notifies.first)
        #expect(second.isClean)
        let stale = miner.submit(first.job)
        #expect(stale.rejected == [.stale] && stale.replies.map(\.errorCode) == [21])
    }

    @Test func theyAreBoundedInNumber() throws {
        var options = SessionOptions()
        options.jobLimit = 3
        var miner = TestMiner(options, work: try SampleWork.make())
        var jobs = miner.begin().notifies.map(\.job)
        for number in 2...5 { jobs += miner.work(try SampleWork.make(number)).notifies.map(\.job) }
        #expect(jobs.map { miner.submit($0).rejected } == [[.stale], [.stale], [], [], []])
    }

    @Test func theyAreBoundedInAge() throws {
        var miner = TestMiner(work: try SampleWork.make())
        let first = try #require(miner.begin().notifies.first).job
        let second = try #require(miner.work(try SampleWork.make(2)).notifies.first).job
        miner.now += .seconds(300)
        #expect(miner.submit(first).checks.count == 1)
        miner.now += .seconds(1)
        #expect(miner.submit(first, "00000002").rejected == [.stale])
        #expect(miner.submit(second, "00000002").checks.count == 1)
    }

    @Test func aJobThatNobodyConfirmsGetsTooOld() throws {
        let work = try SampleWork.make()
        var miner = TestMiner(work: work)
        let first = try #require(miner.begin().notifies.first).job
        miner.now += .seconds(3600)
        #expect(miner.work(work).isEmpty)
        miner.now += .seconds(3600)
        #expect(miner.submit(first).checks.count == 1)
        miner.now += .seconds(1)
        #expect(miner.submit(first, "00000002").rejected == [.stale])
        #expect(miner.wait(1).notifies.isEmpty)
        #expect(miner.session.state == .waitingForJob)
        #expect(miner.wait(120).notifies.isEmpty)
        #expect(miner.work(work).notifies.map(\.isClean) == [true])
    }

    @Test func silenceIsBrokenByTheSameWorkWithALaterTime() throws {
        let options = SessionOptions(vardiff: VardiffOptions(start: 16, bounds: 16...16))
        var miner = TestMiner(options, work: try SampleWork.make())
        let first = try #require(miner.begin().notifies.first)
        let later = miner.wait(170).notifies
        #expect(later.count == 3 && later.allSatisfy { !$0.isClean })
        let times = ([first] + later).map(\.time)
        #expect(times == times.sorted() && Set(times).count == 4 && times[3] <= SampleWork.time + 170)
        #expect(miner.submit(first.job, "00000002").checks.count == 1)
    }

    @Test func twoIssuesInOneSecondHaveDifferentTimes() throws {
        var miner = TestMiner(work: try SampleWork.make())
        let first = try #require(miner.begin().notifies.first)
        let second = try #require(miner.authorize(password: "d=99").notifies.first)
        #expect(second.time > first.time)
    }
}
