internal import Mining
internal import Testing

@testable internal import Stratum

@Suite struct ShareTests {
    /// A miner at work, and the id of its job.
    private func atWork(_ options: SessionOptions = SessionOptions(), _ work: Work? = nil) throws -> (TestMiner, String)
    {
        var miner = TestMiner(options, work: try work ?? SampleWork.make())
        let job = try #require(miner.begin().notifies.first).job
        return (miner, job)
    }

    @Test func theHeaderIsWhatAMinerHashes() throws {
        let work = try SampleWork.make()
        var (miner, job) = try atWork(SessionOptions(), work)
        let check = try #require(
            miner.submit(job, "0000ABcd", time: SampleWork.time + 7, nonce: "DEADbeef").checks.first)
        // As cpuminer puts it together, out of what it was sent.
        let extranonce: [UInt8] = [10, 11, 12, 13, 0, 0, 0, 1, 0, 0, 0xab, 0xcd]
        let coinbase =
            try #require(Hex.decode(work.coinbase1Hex)) + extranonce + #require(Hex.decode(work.coinbase2Hex))
        #expect(work.coinbase(check.solution.extranonce) == coinbase)
        let header = work.header(check.solution)
        let words = try #require(Hex.decode(work.previousHashWords))
        #expect(Array(header[4..<36]) == stride(from: 0, to: 32, by: 4).flatMap { words[$0..<$0 + 4].reversed() })
        #expect(Array(header[68..<72]) == bigEndianBytes(SampleWork.time + 7).reversed())
        #expect(Array(header[76...]) == [0xef, 0xbe, 0xad, 0xde])
        #expect(Array(header[..<4]) == bigEndianBytes(work.version).reversed())
    }

    @Test(arguments: ProofOfWorkKind.allCases) func realSharesAreAcceptedAndOthersNot(kind: ProofOfWorkKind) throws {
        // Some 16 hashes a share.
        let difficulty = kind == .scrypt ? 16 / 65536.0 : 16 / 0x1p32
        let options = SessionOptions(vardiff: VardiffOptions(start: difficulty, bounds: difficulty...difficulty))
        var (miner, job) = try atWork(options, SampleWork.make(algorithm: kind))
        var accepted: [Share] = []
        var low = 0
        for nonce in 0..<200 as Range<UInt32> {
            let check = try #require(miner.submit(job, nonce: hex(nonce)).checks.first)
            let actions = miner.session.checked(check.id, check.run(), now: miner.now)
            accepted += actions.accepted
            low += actions.rejected == [.lowDifficulty] ? 1 : 0
            #expect(actions.replies.first?.errorCode == (actions.accepted.isEmpty ? 23 : nil))
        }
        #expect(accepted.count + low == 200)
        #expect((3...40).contains(accepted.count))
        #expect(accepted.allSatisfy { $0.difficulty == difficulty && !$0.isBlock && $0.hash.utf8.count == 64 })
    }

    @Test func aHashThatSolvesTheBlockIsOneWhateverTheDifficulty() throws {
        let options = SessionOptions(vardiff: VardiffOptions(start: 1e6, bounds: 1e6...1e6))
        var (miner, job) = try atWork(options, SampleWork.make(bits: "207fffff"))
        var blocks = 0
        for nonce in 0..<20 as Range<UInt32> {
            let check = try #require(miner.submit(job, nonce: hex(nonce)).checks.first)
            let result = check.run()
            guard case .block(let hash, let header, let coinbase) = result else {
                #expect(result == .lowDifficulty)
                continue
            }
            blocks += 1
            #expect(hash == BlockAssembly.hash(header: header))
            #expect(header == check.work.header(check.solution))
            #expect(coinbase == check.work.coinbase(check.solution.extranonce))
            #expect(miner.session.checked(check.id, result, now: miner.now).accepted.map(\.isBlock) == [true])
        }
        #expect(blocks > 3)
    }

    @Test func repliesComeInTheOrderOfTheRequests() throws {
        var (miner, job) = try atWork()
        let first = try #require(miner.submit(job, "00000001", id: 1).checks.first)
        let second = try #require(miner.submit(job, "00000002", id: 2).checks.first)
        #expect(miner.ask("mining.ping", id: 3).isEmpty)
        let late = miner.session.checked(second.id, .accepted(hash: "b"), now: miner.now)
        #expect(late.accepted.count == 1 && late.sent.isEmpty)
        let all = miner.session.checked(first.id, .lowDifficulty, now: miner.now)
        #expect(all.replies.map(\.id) == [.integer(1), .integer(2), .integer(3)])
        #expect(all.replies.map(\.errorCode) == [23, nil, nil])
        #expect(miner.session.checked(first.id, .accepted(hash: "a"), now: miner.now).isEmpty)
    }

    @Test func aNewJobDoesNotWaitForReplies() throws {
        var (miner, job) = try atWork()
        _ = miner.submit(job)
        #expect(miner.work(try SampleWork.make(tip: 2)).notifies.count == 1)
    }

    @Test func aShareIsAcceptedOnce() throws {
        var (miner, job) = try atWork()
        #expect(miner.submit(job, "0000000a").checks.count == 1)
        let again = miner.submit(job, "0000000A", id: 5)
        #expect(again.rejected == [.duplicate])
        #expect(miner.submit(job, "0000000a", nonce: "00000001").checks.count == 1)
        #expect(miner.submit(job, "0000000a", time: SampleWork.time + 1).checks.count == 1)
    }

    @Test func twoIssuesOfTheSameWorkHaveTheSameShares() throws {
        var (miner, job) = try atWork()
        let again = try #require(miner.wait(55).notifies.last)
        #expect(again.job != job)
        #expect(miner.submit(job, time: again.time).checks.count == 1)
        #expect(miner.submit(again.job, time: again.time).rejected == [.duplicate])
    }

    @Test func versionsRollWithinTheMask() throws {
        var (miner, job) = try atWork()
        #expect(miner.submit(job, version: "00002000").rejected == [.versionBits])
        #expect(miner.submit(job, version: "00000000").checks.map(\.solution.version) == [0x2000_0000])
        _ = miner.ask("mining.configure", #"[["version-rolling"],{"version-rolling.mask":"ffffffff"}]"#)
        #expect(miner.submit(job, version: "1fffe000").checks.map(\.solution.version) == [0x3fff_e000])
        #expect(miner.submit(job, version: "20000000").rejected == [.versionBits])
    }

    @Test func timesHaveBounds() throws {
        var (miner, job) = try atWork()
        let time = SampleWork.time
        #expect(miner.submit(job, time: time - 3600).checks.count == 1)
        #expect(miner.submit(job, time: time - 3601).rejected == [.timeOutOfRange])
        #expect(miner.submit(job, time: time + 7000).checks.count == 1)
        #expect(miner.submit(job, time: time + 7001).rejected == [.timeOutOfRange])
        #expect(miner.submit(job, time: .max).rejected == [.timeOutOfRange])
    }

    @Test(arguments: [
        #"["w","JOB","0000001","6b49d200","00000000"]"#, #"["w","JOB","000000001","6b49d200","00000000"]"#,
        #"["w","JOB","0x000001","6b49d200","00000000"]"#, #"["w","JOB","0000000g","6b49d200","00000000"]"#,
        #"["w","JOB","00000001","6b49d20","00000000"]"#, #"["w","JOB","00000001","6b49d200","0"]"#,
        #"["w","JOB","00000001","6b49d200",0]"#, #"["w","JOB",1,"6b49d200","00000000"]"#,
        #"["w","JOB","00000001","6b49d200"]"#, #"["w"]"#, "[]", #"["w",1,"00000001","6b49d200","00000000"]"#,
        #"[1,"JOB","00000001","6b49d200","00000000"]"#, #"["w","JOB","00000001","6b49d200","00000000","1"]"#,
        #"["w","JOB","00000001","6b49d200","00000000",1]"#, #"["w","JOB","00000001","6b49d200","00000000",null,1]"#,
        #"["w","JOB","００００","6b49d200","00000000"]"#, #"[[],{},null,true,1.5]"#,
    ])
    func whatIsNoShare(params: String) throws {
        var (miner, job) = try atWork()
        let actions = miner.ask("mining.submit", params.replacing("JOB", with: job))
        #expect(actions.rejected == [.malformed])
        #expect(actions.replies.map(\.errorCode) == [20])
    }

    @Test func whoMayNotSubmit() throws {
        var miner = TestMiner(work: try SampleWork.make())
        let early = miner.submit("1")
        #expect(early.rejected == [.notSubscribed] && early.replies.map(\.errorCode) == [25])
        let job = try #require(miner.begin().notifies.first).job
        let foreign = miner.submit(job, worker: "someone")
        #expect(foreign.rejected == [.unauthorized] && foreign.replies.map(\.errorCode) == [24])
    }

    @Test func sharesOfAJobAreBounded() throws {
        var options = SessionOptions()
        options.sharesPerJob = 3
        var (miner, job) = try atWork(options)
        let checks = (1...3).flatMap { miner.submit(job, hex($0)).checks }
        #expect(miner.submit(job, "000000ff").rejected == [.tooMany])
        // One that was none makes room.
        _ = miner.session.checked(checks[0].id, .lowDifficulty, now: miner.now)
        #expect(miner.submit(job, "000000ff").checks.count == 1)
    }

    private static let failure = "busy: too many; the share was not checked, submit it again later"

    @Test func aHashThatFailedIsNotHeldAgainstTheMiner() throws {
        var (miner, job) = try atWork()
        let check = try #require(miner.submit(job).checks.first)
        let actions = miner.session.checked(check.id, .failed("busy: too many"), now: miner.now)
        #expect(
            actions.sent.first?.members["error"] == [.integer(20), .string(Self.failure), .null])
        // It may come again.
        #expect(miner.submit(job).checks.count == 1)
        #expect(
            actions.rejected == [.failed] && !RejectReason.failed.isInvalid && actions.replies.map(\.errorCode) == [20])
    }

    @Test func aShareCountsAfterTheEnd() throws {
        var (miner, job) = try atWork()
        let check = try #require(miner.submit(job).checks.first)
        for _ in 1...5 { _ = miner.say("garbage") }
        #expect(miner.session.state == .closed)
        let actions = miner.session.checked(check.id, .accepted(hash: "a"), now: miner.now)
        #expect(actions.accepted.count == 1 && actions.sent.isEmpty)
    }
}
