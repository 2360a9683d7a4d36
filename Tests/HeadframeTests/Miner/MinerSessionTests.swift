internal import MessagePack
internal import Testing

@testable internal import headframe

/// The miner's side of a conversation, line by line.
@Suite struct MinerSessionTests {
    private let now = ContinuousClock.now

    private func session(rolling: Bool = false) -> MinerSession {
        var options = MinerSession.Options(user: "me.rig", password: "x", algorithm: .scrypt)
        options.rollsVersion = rolling
        return MinerSession(options, sessionID: nil, now: now)
    }

    /// A session that is subscribed and authorized, with a difficulty so low that every hash is a share.
    private func ready(rolling: Bool = false) throws -> MinerSession {
        var session = session(rolling: rolling)
        _ = session.start(now: now)
        var id = 1
        if rolling {
            hear(
                &session, #"{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"0000e000"},"error":null}"#)
            id = 2
        }
        hear(
            &session,
            #"{"id":\#(id),"result":[[["mining.set_difficulty","s"],["mining.notify","n"]],"0a0b0c0d",4],"error":null}"#
        )
        hear(&session, #"{"id":\#(id + 1),"result":true,"error":null}"#)
        hear(&session, #"{"id":null,"method":"mining.set_difficulty","params":[1e-9]}"#)
        return session
    }

    @discardableResult
    private func hear(_ session: inout MinerSession, _ line: String) -> [MinerSession.Action] {
        session.receive(line: Array(line.utf8), now: now)
    }

    private func newWork(_ actions: [MinerSession.Action]) -> MinerWork? {
        for case .work(let work) in actions { return work }
        return nil
    }

    @Test("It subscribes and authorizes at once, and gives its session back")
    func handshake() throws {
        var session = session()
        #expect(
            session.start(now: now) == [
                .send(#"{"id":1,"method":"mining.subscribe","params":["\#(MinerSession.Options.agent)"]}"#),
                .send(#"{"id":2,"method":"mining.authorize","params":["me.rig","x"]}"#),
            ])
        hear(
            &session,
            #"{"id":1,"result":[[["mining.set_difficulty","s"],["mining.notify","n"]],"0a0b",4],"error":null}"#)
        #expect(session.sessionID == "n")
        var next = MinerSession(.init(user: "u", password: "p", algorithm: .scrypt), sessionID: "n", now: now)
        #expect(
            next.start(now: now).first
                == .send(#"{"id":1,"method":"mining.subscribe","params":["\#(MinerSession.Options.agent)","n"]}"#))
    }

    @Test("A share is submitted as the golden one was")
    func submit() throws {
        let golden = try GoldenShare.read()
        var session = try ready()
        let work = try #require(newWork(hear(&session, golden.notification())))
        #expect(work.height == 432)
        let solution = MinerSolution(slice: work.slice(1), nonce: 0, hash: Number256(hex: golden.scrypt))
        let actions = session.found(solution, now: now)
        let parameters = golden.submit.dropFirst().map { "\"\($0)\"" }.joined(separator: ",")
        #expect(actions.first == .send(#"{"id":4,"method":"mining.submit","params":["me.rig",\#(parameters)]}"#))
        let share = "e234ca0736cb6678c64c3890e483f451b2ded90fa7ad4b0bc85ee8286f6a9ddd"
        #expect(actions.dropFirst().first == .submitted(share: share))
        #expect(solution.isBlock && actions.count == 3)
        hear(&session, #"{"id":3,"result":true,"error":null}"#)
        #expect(hear(&session, #"{"id":4,"result":true,"error":null}"#) == [.accepted(isBlock: true, share: share)])
        #expect(hear(&session, #"{"id":4,"result":true,"error":null}"#).first?.isViolation == true)
    }

    @Test("Difficulty and extranonce count from the next job on")
    func nextJob() throws {
        let golden = try GoldenShare.read()
        var session = try ready()
        let first = try #require(newWork(hear(&session, golden.notification())))
        #expect(hear(&session, #"{"id":null,"method":"mining.set_difficulty","params":[2]}"#) == [])
        #expect(hear(&session, #"{"id":null,"method":"mining.set_extranonce","params":["ffff0000",4]}"#) == [])
        // Still good: the job was given with the extranonce of before.
        #expect(session.found(MinerSolution(slice: first.slice(1), nonce: 1, hash: .max), now: now).count == 2)
        let second = try #require(newWork(hear(&session, golden.notification([0: "2", 8: false]))))
        #expect(second.difficulty == 2)
        #expect(second.extranonce1 == [255, 255, 0, 0])
        // A clean job leaves the ones before worth nothing.
        let third = golden.notification([0: "3", 1: .string(String(repeating: "11", count: 32))])
        #expect(newWork(hear(&session, third)) != nil)
        #expect(session.found(MinerSolution(slice: second.slice(1), nonce: 1, hash: .max), now: now) == [])
    }

    @Test("Rolled bits of the version go with the share")
    func versionRolling() throws {
        var session = try ready(rolling: true)
        let work = try #require(newWork(hear(&session, try GoldenShare.read().notification())))
        #expect(work.versionMask == 0xe000)
        let actions = session.found(MinerSolution(slice: work.slice(3), nonce: 1, hash: .max), now: now)
        #expect(
            actions.contains {
                if case .send(let line) = $0 { line.hasSuffix(#","00000001","00006000"]}"#) } else { false }
            })
    }

    @Test("What no correct pool sends is told, and costs neither the job nor the connection")
    func violations() throws {
        let golden = try GoldenShare.read()
        var session = try ready()
        #expect(newWork(hear(&session, golden.notification())) != nil)
        let wrong = [
            "garbage", "[]", #"{"id":"x"}"#, #"{"id":77,"result":true,"error":null}"#,
            #"{"id":null,"method":"mining.set_difficulty","params":[0]}"#,
            #"{"id":null,"method":"mining.set_difficulty","params":["NaN"]}"#,
            #"{"id":null,"method":"mining.set_extranonce","params":["0",4]}"#,
            #"{"id":null,"method":"mining.set_extranonce","params":["00",99]}"#,
            #"{"id":null,"method":"mining.notify","params":{}}"#,
            golden.notification([3: "00"]), golden.notification([7: "00000000"]),
            golden.notification([0: "2", 8: .null]),
        ]
        for line in wrong { #expect(hear(&session, line).first?.isViolation == true, "\(line)") }
        let unclean = golden.notification([0: "3", 1: .string(String(repeating: "11", count: 32)), 8: false])
        let actions = hear(&session, unclean)
        #expect(actions.first?.isViolation == true && newWork(actions) != nil)
    }

    @Test("Answers out of their order are told")
    func order() throws {
        var session = try ready()
        let work = try #require(newWork(hear(&session, try GoldenShare.read().notification())))
        let solutions = (UInt32(1)...2).map { MinerSolution(slice: work.slice(1), nonce: $0, hash: .max) }
        for solution in solutions { _ = session.found(solution, now: now) }
        let actions = hear(&session, #"{"id":5,"result":null,"error":[23,"Low difficulty",null]}"#)
        #expect(actions.first?.isViolation == true)
        #expect(actions.last == .rejected(PoolRefusal([23, "Low difficulty", .null]), share: solutions[1].name))
    }

    @Test("It answers what a pool asks, and shows what it says without its control characters")
    func requests() throws {
        var session = try ready()
        #expect(
            hear(&session, #"{"id":9,"method":"client.get_version","params":[]}"#)
                == [.send(#"{"id":9,"result":"\#(MinerSession.Options.agent)","error":null}"#)])
        #expect(
            hear(&session, #"{"id":"a","method":"mining.ping"}"#) == [
                .send(#"{"id":"a","result":"pong","error":null}"#)
            ])
        #expect(
            hear(&session, #"{"id":1,"method":"no.such","params":[]}"#)
                == [.send(#"{"id":1,"result":null,"error":[20,"Unknown method",null]}"#)])
        #expect(
            hear(&session, #"{"id":null,"method":"client.show_message","params":["hi\u001b[2J"]}"#)
                == [.note("the pool says: hi·[2J")])
        #expect(
            hear(&session, #"{"id":null,"method":"client.reconnect","params":["",0,5]}"#)
                == [.reconnect(host: nil, port: nil, seconds: 5)])
        #expect(
            hear(&session, #"{"id":null,"method":"client.reconnect","params":[]}"#)
                == [.reconnect(host: nil, port: nil, seconds: 0)])
    }

    @Test("A refused user is the end; silence is the connection's")
    func ends() throws {
        var session = session()
        _ = session.start(now: now)
        #expect(
            hear(&session, #"{"id":2,"result":null,"error":[24,"Unauthorized worker",null]}"#).last
                == .giveUp("the pool does not accept the user me.rig: Unauthorized worker (24)"))
        #expect(session.tick(now: now + .seconds(59)) == [])
        #expect(session.tick(now: now + .seconds(61)).count == 1)
        var quiet = try ready()
        hear(&quiet, #"{"id":3,"result":true,"error":null}"#)
        #expect(quiet.tick(now: now + .seconds(179)) == [])
        #expect(quiet.tick(now: now + .seconds(181)).count == 1)
    }

    @Test("Where a pool may send its miners")
    func redirects() throws {
        let url = try StratumURL("stratum+tcp://a.pool.example:3333")
        #expect(url.redirected(host: nil, port: 4444)?.description == "stratum+tcp://a.pool.example:4444")
        #expect(url.redirected(host: "b.pool.example", port: nil) != nil)
        #expect(url.redirected(host: "b.evil.example", port: nil) == nil)
        #expect(try StratumURL("10.0.0.1:1").redirected(host: "10.0.0.2", port: nil) == nil)
        #expect(try StratumURL("stratum+tcp://[::1]:5").host == "::1")
        #expect(try StratumURL("localhost").port == 3333)
        for wrong in ["http://x", "x:0", "x:99999", ":1", "[::1", "stratum+tcp://"] {
            #expect(throws: CommandFailure.self, "\(wrong)") { try StratumURL(wrong) }
        }
    }

    @Test("Lines are put together from pieces, and have a limit")
    func lines() throws {
        var buffer = LineBuffer()
        #expect(try buffer.append(Array("a\r\n\nb".utf8)) == [Array("a".utf8)])
        #expect(try buffer.append(Array("c\n".utf8)) == [Array("bc".utf8)])
        #expect(throws: PoolViolation.self) {
            for _ in 0...(LineBuffer.limit / 1024) { _ = try buffer.append([UInt8](repeating: 65, count: 1024)) }
        }
    }
}

extension MinerSession.Action {
    fileprivate var isViolation: Bool { if case .violation = self { true } else { false } }
}
