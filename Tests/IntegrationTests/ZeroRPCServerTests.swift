internal import Foundation
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// `headframe call --endpoint` calls stock Python zerorpc.
    @Suite struct ZeroRPCServerTests {
        @Test("Arguments and results of every kind")
        func values() async throws {
            let server = try await StockServer.start()
            #expect(try await server.call("add", "3").output == "5\n")
            #expect(try await server.call("add", "3", "0.5").output == "3.5\n")
            let echoed = try await server.call(
                "echo", "7", "true", "null", "text", #"{"a": [1, 2.5]}"#, "\"7\"", "Grüße")
            #expect(
                try JSON(parsing: echoed.output)
                    == JSON(parsing: #"[7, true, null, "text", {"a": [1, 2.5]}, "7", "Grüße"]"#))
            let printed = try await server.call("kinds").output
            let kinds = try JSON(parsing: printed)
            #expect(kinds["none"] == .null)
            #expect(kinds["true"] == .bool(true))
            #expect(kinds["small"] == .number(-7))
            // More than a Double holds.
            #expect(printed.contains("18446744073709551615"))
            #expect(kinds["fraction"] == .number(1.5))
            #expect(kinds["text"] == .text("Grüße, 採掘"))
            #expect(kinds["bytes"] == .text("00ff"))
            #expect(try kinds["list"] == JSON(parsing: "[1, [2, []]]"))
            #expect(try kinds["map"] == JSON(parsing: #"{"a": {}}"#))
        }

        @Test("Errors of the server come out as errors, each with its exit code")
        func errors() async throws {
            let server = try await StockServer.start()
            let failed = try await server.call("boom", "too much")
            #expect(failed.exit == .code(1))
            #expect(failed.errors.contains("ValueError: too much"))
            #expect(failed.output.isEmpty)
            let unknown = try await server.call("nothing")
            #expect(unknown.exit == .code(1))
            #expect(unknown.errors.contains("NameError"))
            let arguments = try await server.call("add")
            #expect(arguments.exit == .code(1))
            #expect(arguments.errors.contains("TypeError"))

            try await server.process.kill()
            let nobody = try await server.call("add", "1", "--timeout", "1")
            #expect(nobody.exit == .code(2))
        }

        @Test("A stream, longer than the credit of one grant, and one that fails on the way")
        func streams() async throws {
            let server = try await StockServer.start()
            let counted = try await server.call("count", "1000")
            #expect(counted.exit == .code(0))
            #expect(counted.output == (0..<1000).map { "\($0)\n" }.joined())
            #expect(try await server.call("count", "0").exit == .code(0))
            let broken = try await server.call("broken", "3")
            #expect(broken.output == "0\n1\n2\n")
            #expect(broken.errors.contains("KeyError"))
            #expect(broken.exit == .code(1))
        }

        @Test("A call that takes longer than the 10 s after which a silent side is given up")
        func slowCall() async throws {
            let server = try await StockServer.start()
            let slow = try await server.call("slow", "12", "--timeout", "30")
            #expect(slow.output == "\"done\"\n", "\(slow.errors)")
            #expect(slow.exit == .code(0))
        }

        @Test("A server that is frozen, or slower than the caller waits, is given up in time")
        func givenUp() async throws {
            let server = try await StockServer.start()
            let begun = ContinuousClock.now
            let late = try await server.call("slow", "5", "--timeout", "1")
            #expect(late.exit == .code(2))
            #expect(.now - begun < .seconds(3))
            #expect(try await server.call("add", "1").output == "3\n")

            server.process.signal(SIGSTOP)
            let frozen = try await server.call("add", "1", "--timeout", "1")
            #expect(frozen.exit == .code(2))
            #expect(frozen.errors.contains(server.endpoint), "an error says whom it was about: \(frozen.errors)")
        }
    }
}

/// A stock Python zerorpc server.
struct StockServer: Sendable {
    let process: ChildProcess
    let endpoint: String

    static func start() async throws -> StockServer {
        let process = try ChildProcess.start(Program.python(), [Program.script("zerorpc_server.py")])
        let endpoint = try await process.waitForLine { $0.hasPrefix("tcp://") }
        return StockServer(process: process, endpoint: endpoint)
    }

    /// Runs `headframe call --endpoint`.
    func call(_ arguments: String...) async throws -> CommandOutcome {
        let command = try ChildProcess.start(
            Program.built("headframe"), ["call", "--endpoint", endpoint] + arguments)
        return try await outcome(of: command, deadline: .seconds(40))
    }
}
