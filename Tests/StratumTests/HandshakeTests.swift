internal import Mining
internal import Testing

@testable internal import Stratum

@Suite struct HandshakeTests {
    @Test func fromSubscribeToTheFirstJob() throws {
        var miner = TestMiner(work: try SampleWork.make())
        #expect(miner.session.state == .connected)
        let subscribed = miner.subscribe()
        let session = JSONValue.string("0a0b0c0d00000001")
        #expect(
            subscribed.replies.map(\.result) == [
                [[["mining.set_difficulty", session], ["mining.notify", session]], session, .integer(4)]
            ])
        #expect(subscribed.count == 1 && miner.session.agent == "test/1" && miner.session.state == .subscribed)

        let authorized = miner.authorize()
        let sent = authorized.sent
        #expect(sent.map(\.method) == [nil, "mining.set_difficulty", "mining.notify"])
        #expect(sent[0].result == true && authorized.difficulties == [16] && sent[2].isClean)
        #expect(miner.session.state == .mining && miner.session.workers == ["w"])
    }

    @Test func notifySaysTheWork() throws {
        let work = try SampleWork.make()
        var miner = TestMiner(work: work)
        let params = try #require(miner.begin().notifies.first).params
        #expect(
            params.dropFirst() == [
                .string(work.previousHashWords), .string(work.coinbase1Hex), .string(work.coinbase2Hex),
                .array(work.branchHex.map { .string($0) }), .string(work.versionHex), .string(work.bitsHex),
                .string(work.timeHex), true,
            ])
        #expect(work.branchHex.count > 1)
    }

    @Test func authorizingMayComeFirst() throws {
        var miner = TestMiner(work: try SampleWork.make())
        #expect(miner.authorize().notifies.isEmpty)
        #expect(miner.session.state == .subscribed)
        #expect(miner.subscribe().sent.map(\.method) == [nil, "mining.set_difficulty", "mining.notify"])
    }

    @Test func withoutAJobItWaits() throws {
        var miner = TestMiner()
        #expect(miner.begin().sent.count == 2)
        #expect(miner.session.state == .waitingForJob)
        #expect(miner.wait(54).isEmpty)
        // A sign of life that promises nothing.
        #expect(miner.wait(1).sent.map(\.method) == ["mining.set_difficulty"])
        let sent = miner.work(try SampleWork.make()).sent
        #expect(sent.map(\.method) == ["mining.set_difficulty", "mining.notify"])
        #expect(miner.session.state == .mining)
    }

    @Test func requestsBehindAnAuthorizationWait() throws {
        var miner = TestMiner(work: try SampleWork.make())
        _ = miner.subscribe()
        #expect(miner.ask("mining.authorize", #"["w","x"]"#, id: 2).sent.isEmpty)
        #expect(miner.ask("mining.extranonce.subscribe", id: 3).isEmpty)
        #expect(miner.submit("no such job", id: 4).isEmpty)
        let actions = miner.session.authorized(.allowed, now: miner.now)
        #expect(actions.replies.map(\.id) == [.integer(2), .integer(3), .integer(4)])
        #expect(actions.replies.map(\.errorCode) == [nil, nil, 21])
        #expect(miner.session.authorized(.allowed, now: miner.now).isEmpty)
    }

    @Test func aRefusedWorkerDoesNotMine() throws {
        var miner = TestMiner(work: try SampleWork.make())
        _ = miner.subscribe()
        _ = miner.ask("mining.authorize", #"["w","x"]"#)
        let actions = miner.session.authorized(.refused("no such address"), now: miner.now)
        #expect(actions.replies.map(\.errorCode) == [24] && actions.notifies.isEmpty)
        #expect(miner.submit("1").rejected == [.unauthorized])
    }

    @Test func severalWorkersShareAConnection() throws {
        var options = SessionOptions()
        options.workerLimit = 2
        var miner = TestMiner(options, work: try SampleWork.make())
        let job = try #require(miner.begin().notifies.first).job
        #expect(miner.authorize("w2").replies.map(\.result) == [true])
        let check = try #require(miner.submit(job, worker: "w2").checks.first)
        #expect(miner.session.checked(check.id, .accepted(hash: ""), now: miner.now).accepted.map(\.worker) == ["w2"])
        #expect(miner.ask("mining.authorize", #"["w3","x"]"#).replies.map(\.errorCode) == [24])
        #expect(miner.authorize("w").replies.map(\.result) == [true])
    }

    @Test func configureAgreesOnWhatBothCan() throws {
        var miner = TestMiner()
        let params =
            #"[["version-rolling","minimum-difficulty","unheard-of"],"#
            + #"{"version-rolling.mask":"00FFFFFF","version-rolling.min-bit-count":2,"minimum-difficulty.value":64}]"#
        let result = miner.ask("mining.configure", params).replies.first?.result
        #expect(
            result
                == .object([
                    "version-rolling": true, "version-rolling.mask": "00ffe000", "minimum-difficulty": true,
                    "unheard-of": false,
                ]))
        #expect(miner.session.versionMask == 0x00ff_e000)
        #expect(miner.session.difficulty == 64)
    }

    @Test func aServerWithoutRollingSaysSo() {
        var options = SessionOptions()
        options.versionMask = 0
        var miner = TestMiner(options)
        let result = miner.ask("mining.configure", #"[["version-rolling"],{}]"#).replies.first?.result
        #expect(result == .object(["version-rolling": false, "version-rolling.mask": "00000000"]))
    }

    @Test func thePoliteOnes() {
        var miner = TestMiner()
        #expect(miner.ask("mining.ping").replies.map(\.result) == ["pong"])
        #expect(miner.ask("client.get_version").replies.map(\.result) == ["headframe"])
        #expect(miner.ask("mining.get_transactions", #"["1"]"#).replies.map(\.errorCode) == [20])
        #expect(miner.ask("mining.unheard_of").replies.map(\.errorCode) == [20])
    }

    @Test func theServerSaysThingsUnasked() throws {
        var miner = TestMiner(work: try SampleWork.make())
        _ = miner.begin()
        let session = miner.session
        func first(_ say: (inout Session) -> [Session.Action]) -> (String?, [JSONValue]) {
            var session = session
            let sent = say(&session).sent
            return (sent.first?.method, sent.first?.params ?? [])
        }
        let now = miner.now
        #expect(first { $0.showMessage("hello\n", now: now) } == ("client.show_message", ["hello"]))
        #expect(first { $0.reconnect(now: now) } == ("client.reconnect", []))
        #expect(first { $0.ping(now: now) } == ("mining.ping", []))
    }

    @Test func aMinerThatDoesNotSayWhatItIsIsAsked() throws {
        var miner = TestMiner(work: try SampleWork.make())
        _ = miner.ask("mining.subscribe")
        let sent = miner.authorize().sent
        #expect(sent.map(\.method) == [nil, "mining.set_difficulty", "mining.notify", "client.get_version"])
        #expect(sent.last?.id == .integer(1))
        #expect(miner.authorize("w2").sent.allSatisfy { $0.method != "client.get_version" })
        #expect(miner.say(#"{"id":1,"result":"cpuminer/2.5","error":null}"#).isEmpty)
        #expect(miner.session.agent == "cpuminer/2.5")
        #expect(miner.say(#"{"id":1,"result":"again","error":null}"#).isEmpty)
        #expect(miner.session.agent == "cpuminer/2.5")
    }

    @Test func anExtranonceChangesForThoseWhoTakeIt() throws {
        let other = Extranonce1(process: 9, connection: 9)
        var miner = TestMiner(work: try SampleWork.make())
        let before = try #require(miner.begin().notifies.first).job
        #expect(miner.ask("mining.extranonce.subscribe").replies.map(\.result) == [true])
        let sent = miner.session.setExtranonce(other, now: miner.now).sent
        #expect(sent.map(\.method) == ["mining.set_extranonce", "mining.notify"])
        #expect(sent[0].params == [.string(other.hex), .integer(4)])
        #expect(miner.submit(before).checks.first?.solution.extranonce.prefix(8) == [10, 11, 12, 13, 0, 0, 0, 1])
        #expect(miner.submit(sent[1].job).checks.first?.solution.extranonce.prefix(8) == other.bytes[...])

        var unaware = TestMiner(work: try SampleWork.make())
        _ = unaware.begin()
        #expect(unaware.session.setExtranonce(other, now: unaware.now).closed == .extranonceChanged)
        #expect(unaware.session.state == .closed)
    }
}
