internal import Testing

@testable internal import Stratum

@Suite struct BadInputTests {
    @Test func garbageIsAnsweredAndThenEndsIt() {
        var miner = TestMiner()
        for _ in 1...4 {
            let actions = miner.say("GET / HTTP/1.1")
            #expect(actions.replies.map(\.errorCode) == [20] && actions.replies.map(\.id) == [.null])
        }
        let last = miner.say("Host: pool")
        #expect(last.replies.map(\.errorCode) == [20] && last.closed == .garbage)
        #expect(miner.subscribe().isEmpty && miner.wait(200).isEmpty)
    }

    @Test func garbageIsForgiven() {
        var miner = TestMiner()
        for _ in 1...100 {
            #expect(miner.say("garbage").closed == nil)
            miner.now += .seconds(15)
        }
        #expect(miner.subscribe().replies.map(\.errorCode) == [nil])
    }

    /// A parser tries every type on every value, so what it is given is bounded before.
    @Test func aLineOfTooManyValuesIsGarbage() {
        var miner = TestMiner()
        func line(_ value: String, _ count: Int) -> String {
            #"{"id":9,"method":"mining.ping","params":["#
                + [String](repeating: value, count: count).joined(separator: ",") + "]}"
        }
        #expect(miner.say(line("1", 61)).replies.map(\.result) == ["pong"])
        #expect(miner.say(line(#"",,,[[{{""#, 61)).replies.map(\.result) == ["pong"])
        for line in [line("1", 62), line("{}", 32), line("[]", 5000)] {
            #expect(miner.say(line).replies.map(\.id) == [.null])
        }
        #expect(miner.session.garbage.count == 3)
    }

    @Test func blankLinesAreNothing() {
        var miner = TestMiner()
        for _ in 1...20 { #expect(miner.say(" \t ").isEmpty) }
    }

    @Test func aLineBeyondTheLimitEndsIt() {
        var miner = TestMiner()
        #expect(miner.say(String(repeating: " ", count: 16385)).closed == .lineTooLong)
    }

    @Test(arguments: [
        #"{"id":9,"method":1}"#, #"{"id":9,"method":"mining.subscribe","params":{}}"#,
        #"{"id":9,"method":"mining.subscribe","params":[1]}"#,
        #"{"id":9,"method":"mining.subscribe","params":["a",1]}"#,
        #"{"id":9,"method":"mining.authorize"}"#, #"{"id":9,"method":"mining.authorize","params":[1,2]}"#,
        #"{"id":9,"method":"mining.authorize","params":["w",[]]}"#,
        #"{"id":9,"method":"mining.configure","params":[]}"#,
        #"{"id":9,"method":"mining.configure","params":[[1]]}"#,
        #"{"id":9,"method":"mining.configure","params":[[],[]]}"#,
        #"{"id":9,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":1}]}"#,
        #"{"id":9,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"1fffe00"}]}"#,
        #"{"id":9,"method":"mining.configure","params":[["minimum-difficulty"],{"minimum-difficulty.value":-1}]}"#,
        #"{"id":9,"method":"mining.configure","params":[["minimum-difficulty"]]}"#, #"{"id":9}"#,
        #"{"id":9,"method":"mining.pray"}"#,
    ])
    func wrongTypesAreAnErrorThatCarriesTheID(line: String) {
        var miner = TestMiner()
        let actions = miner.say(line)
        #expect(actions.count == 1)
        #expect(actions.replies.map(\.errorCode) == [20] && actions.replies.map(\.id) == [.integer(9)])
    }

    @Test(arguments: ["", "a\\u0000b", "a\\nb", String(repeating: "w", count: 129)]) func namesThatNobodyShouldHave(
        user: String
    ) {
        var miner = TestMiner()
        #expect(miner.ask("mining.authorize", #"["\#(user)","x"]"#).replies.map(\.errorCode) == [24])
    }

    @Test func requestsThatWaitAreBounded() throws {
        var options = SessionOptions()
        options.pendingLimit = 100
        var miner = TestMiner(options, work: try SampleWork.make())
        let job = try #require(miner.begin().notifies.first).job
        var sent = 0
        while miner.session.state == .mining, sent < 1000 {
            #expect(miner.session.isCongested == (sent >= 64))
            sent += 1
            _ = miner.submit(job, hex(UInt32(sent)))
        }
        #expect(sent == 101 && miner.session.state == .closed)
    }

    @Test func whatWaitsForAnAuthorizationIsBounded() {
        var miner = TestMiner()
        _ = miner.ask("mining.authorize", #"["w","x"]"#)
        let line = String(repeating: "x", count: 16000)
        #expect((1...5).map { _ in miner.say(line).closed } == [nil, nil, nil, nil, .tooManyRequests])
    }

    @Test func anAgentIsCut() {
        var miner = TestMiner()
        _ = miner.ask("mining.subscribe", #"["\#(String(repeating: "a", count: 4000))\n"]"#)
        #expect(miner.session.agent.utf8.count == 128)
    }
}
