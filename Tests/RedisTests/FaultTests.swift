internal import EventLoop
internal import Logging
internal import TestSupport
internal import Testing

@testable internal import Redis

@Suite(.timeLimit(.minutes(1))) struct FaultTests {
    @Test func everyPendingCommandEndsWhenTheServerIsKilled() async throws {
        try await withServerAndClient { server, client in
            // Behind a script that holds the server up nothing is answered.
            let codes = try await withThrowingTaskGroup(of: RedisError.Code?.self) { group in
                group.addTask {
                    await thrownError { () throws(RedisError) in
                        _ = try await client.send(["EVAL", "while true do end", 0])
                    }?.code
                }
                for number in 0..<500 {
                    group.addTask {
                        await thrownError { () throws(RedisError) in
                            _ = try await client.send(["SET", "key\(number)", 1])
                        }?.code
                    }
                }
                group.addTask {
                    try await eventually("the commands are on their way") { client.pendingCommands >= 501 }
                    try await server.kill()
                    return .mayHaveBeenApplied
                }
                return try await group.reduce(into: [RedisError.Code?: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(codes[.mayHaveBeenApplied] == 502, "\(codes)")
            try await eventually("the loss is known") { !client.status.isConnected }
            let after = await thrownError { () throws(RedisError) in _ = try await client.send(["PING"]) }
            #expect(after?.code == .notConnected)
            #expect(after?.message.contains("\(server.port)") == true)
        }
    }

    @Test func aRestartedServerIsFoundAgain() async throws {
        try await withServerAndClient { server, client in
            try await server.kill()
            try await eventually("the loss is known") { !client.status.isConnected }
            async let waiting = client.send(["SET", "late", 1], deadline: .seconds(10), whenDisconnected: .wait)
            try await server.restart()
            #expect(try await waiting == .status("OK"))
            #expect(client.status.isConnected)
        }
    }

    @Test func statusChangesAreTold() async throws {
        try await withServerAndClient { server, client in
            var changes = client.statusChanges().makeAsyncIterator()
            #expect(await changes.next()?.isConnected == true)
            try await server.restart()
            guard case .disconnected = await changes.next() else { return #expect(Bool(false), "no loss was told") }
            while let status = await changes.next() { if status.isConnected { break } }
            #expect(client.status.isConnected)
        }
    }

    @Test func aFrozenServerMeansDeadlinesAndThenAnotherConnection() async throws {
        try await withServerAndClient { configuration in
            configuration.silenceLimit = .seconds(2)
            configuration.connectDeadline = .milliseconds(500)
        } _: { server, client in
            server.freeze()
            // Both are sent before the silence is noticed.
            async let impatient = thrownError { () throws(RedisError) in
                _ = try await client.send(["SET", "a", 1], deadline: .milliseconds(100))
            }
            async let patient = thrownError { () throws(RedisError) in
                _ = try await client.send(["SET", "b", 1], deadline: .seconds(10))
            }
            let (first, second) = await (impatient, patient)
            #expect(first?.code == .timeout)
            #expect(first?.mayHaveBeenApplied == true)
            #expect(second?.code == .mayHaveBeenApplied)
            #expect(second?.message.contains("silent") == true)
            server.unfreeze()
            let answer = try await client.send(["PING"], whenDisconnected: .wait)
            #expect(answer == .status("PONG"))
        }
    }

    @Test func aForgottenScriptIsSentAgain() async throws {
        try await withServerAndClient { server, client in
            let script = RedisScript(name: "double", source: "return 2 * ARGV[1]")
            #expect(try await client.run(script, keys: [], arguments: [4]) == .integer(8))
            _ = try await client.send(["SCRIPT", "FLUSH"])
            #expect(try await client.run(script, keys: [], arguments: [5]) == .integer(10))
            try await server.restart()
            #expect(try await client.run(script, keys: [], arguments: [6], whenDisconnected: .wait) == .integer(12))
            let broken = RedisScript(name: "broken", source: "return nonsense(")
            let error = await thrownError { () throws(RedisError) in _ = try await client.run(broken, keys: []) }
            #expect(error?.code == .server(prefix: "ERR"))
        }
    }

    @Test func cancellationEndsTheWait() async throws {
        try await withServerAndClient { server, client in
            server.freeze()
            let code = try await withThrowingTaskGroup(of: RedisError.Code?.self) { group in
                group.addTask {
                    await thrownError { () throws(RedisError) in
                        _ = try await client.send(["PING"], deadline: .seconds(30))
                    }?.code
                }
                try await eventually("the command is on its way") { client.pendingCommands > 0 }
                group.cancelAll()
                return try await group.next()!
            }
            #expect(code == .cancelled)
            server.unfreeze()
            #expect(try await client.send(["ECHO", "still in step"]).string == "still in step")
        }
    }

    @Test func pendingCommandsAreBounded() async throws {
        try await withServerAndClient {
            $0.limits.pendingCommands = 10
        } _: { server, client in
            server.freeze()
            let codes = await withTaskGroup(of: RedisError.Code?.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        await thrownError { () throws(RedisError) in
                            _ = try await client.send(["PING"], deadline: .milliseconds(300))
                        }?.code
                    }
                }
                return await group.reduce(into: [RedisError.Code?: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(codes == [.timeout: 10, .overloaded: 20])
            server.unfreeze()
        }
    }

    @Test func aReplicaIsLeft() async throws {
        try await withServerAndClient { server, client in
            var changes = client.statusChanges().makeAsyncIterator()
            #expect(await changes.next()?.isConnected == true)
            _ = try await client.send(["REPLICAOF", "127.0.0.1", 1])
            let error = await thrownError { () throws(RedisError) in _ = try await client.send(["SET", "a", 1]) }
            #expect(error?.code == .readOnly)
            guard case .disconnected(let reason) = await changes.next() else {
                return #expect(Bool(false), "it was not left")
            }
            #expect(reason.message.contains("replica"))
            try server.command("REPLICAOF", "NO", "ONE")
            #expect(try await client.send(["SET", "a", 1], whenDisconnected: .wait) == .status("OK"))
        }
    }

    @Test func aClientThatHasEndedSaysSo() async throws {
        let server = try await RedisServer.start()
        let loop = try EventLoop()
        let configuration = RedisConfiguration(url: try RedisURL(server.url))
        let client = try await withRedisClient(configuration, loop: loop, logger: .silent) { client in
            try await client.waitUntilConnected(within: .seconds(5))
            return client
        }
        #expect(client.status == .closed)
        let error = await thrownError { () throws(RedisError) in _ = try await client.send(["PING"]) }
        #expect(error?.code == .closed)
        await loop.shutdown()
        let late = await thrownError { () throws(RedisError) in _ = try await client.send(["PING"]) }
        #expect(late?.code == .closed)
    }
}
