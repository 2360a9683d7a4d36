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

    @Test func aNewTipMakesThemWorthless() throws {
        var miner = TestMiner(work: try SampleWork.make())
        let first = try #require(miner.begin().notifies.first)
        let second = try #require(miner.work(try SampleWork.make(tip: 2), clean: true).notifies.first)
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
