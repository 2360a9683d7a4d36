internal import Foundation
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// Stock Python zerorpc calls our services.
    @Suite struct ZeroRPCClientTests {
        @Test("A stock client calls methods, gets errors as remote errors, and introspects")
        func callsAndIntrospection() async throws {
            try await withPool(jobmanagers: 1) { pool in
                let peer = StockClient(endpoint: try #require(try pool.field("endpoint", of: "jobmanager-1")))

                let status = try await peer.call("status")
                let job = try #require(status["result"]?["current"]?["id"]?.text)
                #expect(try await peer.call("job", "\"\(job)\"")["result"]?["id"]?.text == job)
                #expect(status["result"]?["daemons"]?.count == 3)

                let wrongText = try await peer.call("job", "\"no job\"")
                #expect(wrongText["error"]?.text == "InvalidArgument")
                #expect(wrongText["message"]?.text?.contains("hexadecimal") == true)
                for arguments in [["7"], [], ["\"a\"", "\"b\""]] {
                    let wrongShape = try await peer.call("job", arguments)
                    #expect(wrongShape["error"]?.text != nil, "job(\(arguments)): \(wrongShape)")
                }
                let unknown = try await peer.call("nothing")
                #expect(unknown["error"]?.text == "NameError", "\(unknown)")
                #expect(unknown["message"]?.text?.contains("nothing") == true)

                let inspected = try await peer.call("_zerorpc_inspect")
                #expect(inspected["result"]?["name"]?.text == "jobmanager")
                let notify = inspected["result"]?["methods"]?["notify"]
                #expect(notify?["args"]?[0]?["name"]?.text == "hash")
                #expect(notify?["doc"]?.text?.contains("blocknotify") == true)
                let listed = try await peer.call("_zerorpc_list")["result"]?.texts
                #expect(Set(["status", "current", "job", "notify", "jobs", "jobHeaders"]).isSubset(of: listed ?? []))
                let help = try await peer.call("_zerorpc_help", "\"notify\"")
                #expect(help["result"]?.text == notify?["doc"]?.text)
                #expect(try await peer.call("_zerorpc_args", "\"job\"")["result"]?[0]?.texts == ["id"])
                #expect(try await peer.call("_zerorpc_name")["result"]?.text == "jobmanager")
                #expect(try await peer.call("_zerorpc_ping")["result"]?.texts == ["pong", "jobmanager"])
            }
        }

        @Test("A stock client streams for longer than three heartbeats, with quiet times above them")
        func stream() async throws {
            try await withPool(jobmanagers: 1) { pool in
                let peer = StockClient(endpoint: try #require(try pool.field("endpoint", of: "jobmanager-1")))
                let stream = try peer.start("stream", "jobHeaders", "18")
                let begun = ContinuousClock.now
                try await stream.waitForLine { $0.contains("item") }
                var parents: [String] = []
                // Quiet for longer than the 10 s after which a side without heartbeats is given up.
                for pause in [0, 2, 13] {
                    // What passes here is the time between two blocks.
                    try await Task.sleep(until: begun + .seconds(pause))
                    parents += try pool.chain.nodes[0].generate(1)
                    try await stream.waitForLine(within: .seconds(2)) { $0.contains(parents.last!) }
                }
                #expect(try await stream.waitForExit(deadline: .seconds(30)) == .code(0))
                let lines = try stream.outputLines.map(JSON.init(parsing:))
                #expect(lines.compactMap { $0["item"]?["position"]?["parent"]?.text }.suffix(3) == parents[...])
                #expect(
                    (lines.last?["seconds"]?.number ?? 0) > 15,
                    "\(stream.outputLines.last ?? "") \(stream.standardError)")
            }
        }
    }
}

/// Stock Python zerorpc as a client of one endpoint.
struct StockClient: Sendable {
    let endpoint: String

    func start(_ arguments: String...) throws -> ChildProcess { try start(arguments) }

    func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess.start(Program.python(), [Program.script("zerorpc_client.py"), endpoint] + arguments)
    }

    /// What came of a call: `result`, or `error` and `message`.
    func call(_ method: String, _ arguments: String...) async throws -> JSON { try await call(method, arguments) }

    func call(_ method: String, _ arguments: [String]) async throws -> JSON {
        let outcome = try await outcome(of: start(["call", method] + arguments), deadline: .seconds(40))
        guard outcome.exit == .code(0) else { throw TestSupportError("\(method): \(outcome.errors)") }
        return try JSON(parsing: outcome.output)
    }
}
