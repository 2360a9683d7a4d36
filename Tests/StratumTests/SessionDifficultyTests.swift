internal import Foundation
internal import Mining
internal import TestSupport
internal import Testing

@testable internal import Stratum

@Suite struct SessionDifficultyTests {
    @Test func thePasswordAsks() throws {
        var miner = TestMiner(work: try SampleWork.make())
        #expect(miner.begin(password: "d=64,min=32,max=128").difficulties == [64])
        #expect(miner.session.vardiff.options.bounds == 32...128)
    }

    @Test(arguments: [
        ("d=1e300", 1e6), ("d=1e-300", 0.01), ("max=1", 1), ("min=99", 99), ("min=8,max=4", 8), ("min=20,max=18", 20),
        ("d=nan", 16), ("d=-5", 16),
    ])
    func onlyWhatIsAllowedIsGiven(password: String, difficulty: Double) throws {
        let options = SessionOptions(vardiff: VardiffOptions(start: 16, bounds: 1...1e6), allowedDifficulty: 0.01...1e6)
        var miner = TestMiner(options, work: try SampleWork.make(bits: "1900ffff"))
        #expect(miner.begin(password: password).difficulties == [difficulty])
    }

    @Test func asOneMaySuggestBeforeAuthorizing() throws {
        var miner = TestMiner(work: try SampleWork.make())
        #expect(miner.ask("mining.suggest_difficulty", "[42]").replies.map(\.result) == [true])
        #expect(miner.begin().difficulties == [42])
    }

    @Test func aSuggestionCountsFromTheNextJob() throws {
        var miner = TestMiner(work: try SampleWork.make())
        let first = try #require(miner.begin().notifies.first).job
        #expect(miner.ask("mining.suggest_difficulty", "[42]").sent.count == 1)
        #expect(miner.submit(first).checks.map(\.difficulty) == [16])
        let next = miner.wait(1)
        #expect(next.sent.map(\.method) == ["mining.set_difficulty", "mining.notify"] && next.difficulties == [42])
        #expect(miner.submit(next.notifies[0].job, "00000002").checks.map(\.difficulty) == [42])
        #expect(miner.submit(first, "00000003").checks.map(\.difficulty) == [16])
    }

    @Test(arguments: ["[]", "[null]", #"["16"]"#, "[-1]", "[0]", "[1e999]", "[-1e999]", "[[]]", "[{}]", "[true]"])
    func whatIsNoDifficulty(params: String) throws {
        var miner = TestMiner(work: try SampleWork.make())
        #expect(miner.ask("mining.suggest_difficulty", params).replies.map(\.errorCode) == [20])
        #expect(miner.begin().difficulties == [16])
    }

    @Test func itIsNeverAboveTheNetworks() throws {
        let options = SessionOptions(vardiff: VardiffOptions(start: 1e6))
        var miner = TestMiner(options, work: try SampleWork.make(algorithm: .scrypt, bits: "1e0fffff"))
        #expect(miner.begin().difficulties.map { ($0 * 10).rounded() / 10 } == [16])
        var easy = TestMiner(options, work: try SampleWork.make(algorithm: .scrypt, bits: "207fffff"))
        #expect(easy.begin().difficulties == [0.001])
    }

    /// What a miner asks for is no reason to credit a share with more than the block that it may be.
    @Test(arguments: ["min=1000000", "d=1000000,min=1000000,max=1000000"]) func aMinersWishIsNotAboveTheNetworks(
        password: String
    ) throws {
        let work = try SampleWork.make(algorithm: .scrypt, bits: "1e0fffff")
        var miner = TestMiner(work: work)
        _ = miner.ask(
            "mining.configure", #"[["minimum-difficulty"],{"minimum-difficulty.value":1000000}]"#)
        let job = try #require(miner.begin(password: password).notifies.first).job
        let check = try #require(miner.submit(job).checks.first)
        #expect(check.difficulty < 16.1)
        let block = ShareResult.block(hash: "", header: [], coinbase: [])
        let credited = miner.session.checked(check.id, block, now: miner.now).accepted.map(\.difficulty)
        #expect(credited == [check.difficulty])
    }

    /// Shares that the server has no time for are no sign of a slow miner.
    @Test func overloadDoesNotFeedOnItself() throws {
        var miner = TestMiner(work: try SampleWork.make())
        var job = try #require(miner.begin().notifies.first).job
        for number in 1...400 as ClosedRange<UInt32> {
            job = miner.wait(3).notifies.last?.job ?? job
            let check = try #require(miner.submit(job, hex(number)).checks.first)
            let result: ShareResult = number % 10 < 4 ? .failed("busy") : .accepted(hash: "")
            _ = miner.session.checked(check.id, result, now: miner.now)
        }
        #expect(miner.session.difficulty == 16)
    }

    @Test func sharesBeyondTheLimitOfAJobRaiseTheDifficulty() throws {
        var options = SessionOptions()
        options.sharesPerJob = 3
        var miner = TestMiner(options, work: try SampleWork.make())
        let job = try #require(miner.begin().notifies.first).job
        for number in 1...100 as ClosedRange<UInt32> { _ = miner.submit(job, hex(number)) }
        #expect(try #require(miner.wait(1).difficulties.first) > 16)
    }

    /// A miner whose shares come at random, which goes over to a new job some seconds after it was issued, and whose shares travel: each of them
    /// meets the difficulty that its job was issued with, so none may be refused. New work comes at random too.
    @Test(arguments: [1e3, 1e6, 1e9, 1e12]) func noValidShareIsRejectedAtAChange(hashRate: Double) throws {
        let works = try (1...40).map { try SampleWork.make($0) }
        for seed in 1...10 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var miner = TestMiner(work: works[0])
            let origin = miner.now
            var time = 0.0
            // Jobs with the difficulty that they came under, and from when on they are mined.
            var jobs: [(id: String, difficulty: Double, from: Double)] = []
            var announced = 0.0
            var submitted = 0
            var changes = 0
            var nextTick = 1.0
            func take(_ actions: [Session.Action]) {
                #expect(actions.rejected.isEmpty, "seed \(seed)")
                for sent in actions.sent {
                    if sent.method == "mining.set_difficulty", let difficulty = sent.params[0].double {
                        announced = difficulty
                        changes += 1
                    }
                    if sent.method == "mining.notify" {
                        jobs.append((sent.job, announced, time + (jobs.isEmpty ? 0 : 3 * random.exponential())))
                    }
                }
            }
            take(miner.begin())
            while time < 600, submitted < 1500 {
                let mined = try #require(jobs.last { $0.from <= time })
                let share = time + random.exponential() * mined.difficulty * 65536 / hashRate
                time = min(share, nextTick)
                miner.now = origin + .nanoseconds(Int64(time * 1e9))
                guard share <= nextTick else {
                    nextTick += 1
                    take(miner.session.tick(now: miner.now))
                    if random.unit() < 0.05 {
                        take(miner.work(works[Int.random(in: works.indices, using: &random)]))
                    }
                    continue
                }
                submitted += 1
                // What the hash is worth: as hard as its job wants, seldom much harder.
                let worth = mined.difficulty / random.unit()
                let actions = miner.submit(mined.id, hex(UInt32(submitted)))
                take(actions)
                for check in actions.checks {
                    #expect(check.difficulty == mined.difficulty)
                    take(
                        miner.session.checked(
                            check.id, worth >= check.difficulty ? .accepted(hash: "") : .lowDifficulty, now: miner.now))
                }
            }
            #expect(changes > 1 && submitted > 20)
        }
    }
}
