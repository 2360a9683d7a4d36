internal import Foundation
internal import MessagePack
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import headframe

/// `headframe miner` as a process, at a pool that follows a script.
@Suite(.timeLimit(.minutes(2))) struct MinerCommandTests {
    private static let subscribed = #"[[["mining.set_difficulty","s"],["mining.notify","session"]],"0a0b0c0d",4]"#

    /// What a pool answers that has one job, and takes every share.
    private static func reply(_ request: ScriptedPool.Request, _ golden: GoldenShare, difficulty: Double)
        -> ScriptedPool.Reply
    {
        switch request.method {
        case "mining.subscribe":
            [
                request.answer(subscribed), #"{"id":null,"method":"mining.set_difficulty","params":[\#(difficulty)]}"#,
                golden.notification(),
            ]
        case "mining.configure":
            [request.answer(#"{"version-rolling":true,"version-rolling.mask":"1fffe000"}"#)]
        case "answer": []
        default: [request.answer("true")]
        }
    }

    private func run(_ arguments: String...) async throws -> (code: Int32, result: MessagePackValue?, errors: String) {
        let process = try ChildProcess.start(Program.built("headframe"), ["miner"] + arguments)
        guard case .code(let code) = try await process.waitForExit(deadline: .seconds(60)) else {
            throw TestSupportError("headframe miner \(arguments) was killed by a signal")
        }
        let result = process.outputLines.last.flatMap {
            try? JSONDecoder().decode(MessagePackValue.self, from: Data($0.utf8))
        }
        return (code, result, process.standardError)
    }

    @Test("Every share that it sends is one, with real scrypt, two threads and rolled versions, and none twice")
    func sharesAreReal() async throws {
        let golden = try GoldenShare.read()
        // One hash in eight.
        let difficulty = 0xffff / 0x1p29
        let pool = try ScriptedPool { Self.reply($0, golden, difficulty: difficulty) }
        let (code, result, errors) = try await run(
            "--url", pool.url, "--user", "me.rig", "--threads", "2", "--version-rolling", "--shares", "40", "--json")
        #expect(code == 0, "\(errors)")
        #expect((result?["accepted"]?.intValue ?? 0) >= 40)
        #expect(result?["rejected"] == 0 && result?["violations"] == 0)
        #expect((result?["hashes"]?.intValue ?? 0) > 40)

        let job = try MinerJob(golden.notify)
        let target = try #require(Number256(difficulty: difficulty, difficulty1Shift: 224))
        let submits = pool.requests.filter { $0.method == "mining.submit" }.map {
            $0.parameters.compactMap(\.stringValue)
        }
        #expect(submits.count >= 40 && Set(submits).count == submits.count)
        for submit in submits.prefix(40) {
            try #require(submit.count == 6)
            #expect(submit[0] == "me.rig" && submit[1] == golden.notify[0].stringValue)
            let bits = try #require(HexText.number(submit[5]))
            #expect(bits & ~0x1fff_e000 == 0)
            let header = job.header(
                extranonces: try #require(HexText.bytes(golden.extranonce1 + submit[2], count: 8)),
                version: job.version & ~0x1fff_e000 | bits, time: try #require(HexText.number(submit[3])),
                nonce: try #require(HexText.number(submit[4])))
            #expect(try MinerAlgorithm.scrypt.hash(header) <= target)
        }
    }

    @Test("It connects again when the connection breaks, gives its session back, and answers what it is asked")
    func reconnects() async throws {
        let golden = try GoldenShare.read()
        let pool = try ScriptedPool { request in
            var reply = Self.reply(request, golden, difficulty: 0xffff / 0x1p29)
            if request.method == "mining.subscribe" {
                reply.lines += [
                    #"{"id":"v","method":"client.get_version","params":[]}"#,
                    #"{"id":"p","method":"mining.ping","params":[]}"#,
                    #"{"id":null,"method":"client.show_message","params":["welcome"]}"#,
                ]
                if request.connection == 1 {
                    reply.lines.append(#"{"id":null,"method":"client.reconnect","params":[]}"#)
                }
            }
            // The first connection breaks at its first share.
            if request.connection == 0, request.method == "mining.submit" { reply = .init([], closes: true) }
            return reply
        }
        let (code, result, errors) = try await run("--url", pool.url, "--user", "me", "--shares", "3", "--json")
        #expect(code == 0, "\(errors)")
        #expect(result?["connections"] == 3)
        let subscriptions = pool.requests.filter { $0.method == "mining.subscribe" }
        #expect(subscriptions.map { $0.parameters.count } == [1, 2, 2])
        #expect(subscriptions.last?.parameters.last == "session")
        let answers = pool.requests.filter { $0.method == "answer" && $0.connection == 2 }.map(\.parameters)
        #expect(answers == [[.string(MinerSession.Options.agent)], ["pong"]])
        #expect(errors.contains("the pool says: welcome"))
    }

    @Test("The exit code tells how it went")
    func exitCodes() async throws {
        let golden = try GoldenShare.read()
        let refusing = try ScriptedPool { request in
            request.method == "mining.authorize"
                ? [request.refusal(#"[24,"Unauthorized worker",null]"#)] : Self.reply(request, golden, difficulty: 1e6)
        }
        let refused = try await run("--url", refusing.url, "--user", "stranger")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("does not accept the user stranger: Unauthorized worker (24)"))

        let rejecting = try ScriptedPool { request in
            request.method == "mining.submit"
                ? [request.refusal(#"[21,"Job not found",null]"#)] : Self.reply(request, golden, difficulty: 1e-9)
        }
        let rejected = try await run("--url", rejecting.url, "--user", "me", "--duration", "2", "--json")
        #expect(rejected.code == 1)
        #expect((rejected.result?["reasons"]?["Job not found (21)"]?.intValue ?? 0) > 0)

        let wrong = try ScriptedPool { request in
            var reply = Self.reply(request, golden, difficulty: 0xffff / 0x1p29)
            if request.method == "mining.subscribe" { reply.lines.append(golden.notification([0: "other", 3: "00"])) }
            return reply
        }
        let violated = try await run("--url", wrong.url, "--user", "me", "--shares", "1", "--json")
        #expect(violated.code == 1)
        #expect(violated.result?["violations"] == 1 && violated.errors.contains("the pool is wrong: the coinbase"))

        let hard = try ScriptedPool { Self.reply($0, golden, difficulty: 1e9) }
        #expect(try await run("--url", hard.url, "--user", "me", "--duration", "0.5").code == 2)
        #expect(try await run("--url", "127.0.0.1:1", "--user", "me", "--duration", "0.5").code == 2)
        #expect(try await run("--url", "http://127.0.0.1", "--user", "me").code == 64)
        #expect(try await run("--url", hard.url, "--user", "me", "--threads", "0").code == 64)
    }
}
