internal import Redis
internal import TestSupport
internal import Testing

@Suite(.timeLimit(.minutes(1))) struct PipeliningTests {
    @Test func tenThousandTasksShareOneConnection() async throws {
        try await withServerAndClient { _, client in
            let answers = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<10_000 {
                    group.addTask { try await client.send(["INCR", "counter"]).integer ?? 0 }
                }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect(answers == Set(1...10_000))
        }
    }

    @Test func repliesKeepTheirType() async throws {
        try await withServerAndClient { _, client in
            #expect(try await client.send(["SET", "text", "größer"]) == .status("OK"))
            #expect(try await client.send(["GET", "text"]).string == "größer")
            #expect(try await client.send(["GET", "nothing"]).isNull)
            #expect(try await client.send(["INCRBY", "number", -7]).integer == -7)
            #expect(try await client.send(["LRANGE", "nothing", 0, -1]) == .array([]))
            let bytes: [UInt8] = [0, 13, 10, 255, 0]
            _ = try await client.send(["SET", "binary", RedisArgument(bytes)])
            #expect(try await client.send(["GET", "binary"]) == .bytes(bytes))
            // It looks like a message of a subscription.
            _ = try await client.send(["RPUSH", "list", "message", "a", "b"])
            #expect(try await client.send(["LRANGE", "list", 0, -1]).array?.count == 3)
            let nested = try await client.send(["EVAL", "return {1,{2,{'x',false}}}", 0])
            #expect(nested == .array([.integer(1), .array([.integer(2), .array([.bytes([120]), .null])])]))
        }
    }

    @Test func anErrorReplyIsThrownWithItsPrefix() async throws {
        try await withServerAndClient { _, client in
            _ = try await client.send(["SET", "text", "x"])
            let error = await thrownError { () throws(RedisError) in _ = try await client.send(["LPUSH", "text", "y"]) }
            #expect(error?.code == .server(prefix: "WRONGTYPE"))
            #expect(error?.message.contains("LPUSH") == true)
        }
    }

    @Test func aPipelineAnswersEachCommand() async throws {
        try await withServerAndClient { _, client in
            let replies = try await client.pipeline([
                ["SET", "a", 1], ["INCR", "a"], ["LPUSH", "a", "x"], ["GET", "a"],
            ])
            #expect(replies.count == 4)
            #expect(replies[1] == .integer(2))
            #expect(replies[2].errorText?.hasPrefix("WRONGTYPE") == true)
            #expect(replies[3].string == "2")
        }
    }

    @Test func aTransactionIsOnePiece() async throws {
        try await withServerAndClient { _, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        let replies = try await client.transaction([["INCR", "n"], ["INCR", "n"], ["DECR", "n"]])
                        #expect(replies[1].integer! - replies[0].integer! == 1)
                    }
                    group.addTask { _ = try await client.send(["INCR", "n"]) }
                }
                try await group.waitForAll()
            }
            #expect(try await client.send(["GET", "n"]).integer == 400)
            let error = await thrownError { () throws(RedisError) in
                _ = try await client.transaction([["SET", "n", 0], ["NOSUCHCOMMAND"]])
            }
            #expect(error?.code == .server(prefix: "ERR"))
            #expect(try await client.send(["GET", "n"]).integer == 400)
        }
    }

    @Test func commandsThatDisturbOthersAreRefused() async throws {
        try await withServerAndClient { _, client in
            for arguments: [RedisArgument] in [
                ["SUBSCRIBE", "x"], ["multi"], ["client", "reply", "off"], ["MONITOR"], [], [""],
            ] {
                let error = await thrownError { () throws(RedisError) in _ = try await client.send(arguments) }
                #expect(error?.code == .invalidCommand)
            }
        }
    }
}
