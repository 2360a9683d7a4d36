internal import Foundation
internal import Mesh
internal import MessagePack
internal import TestSupport
internal import Testing

/// The commands as an operator types them, on a mesh of two instances.
@Suite(.timeLimit(.minutes(2))) struct CommandTests {
    private func json(_ line: String?) throws -> MessagePackValue {
        try JSONDecoder().decode(MessagePackValue.self, from: Data(try #require(line).utf8))
    }

    @Test func servicesListsEveryInstance() async throws {
        try await LiveMesh.with(instances: 2) { mesh in
            let (code, output, _) = try await mesh.run("services", "--json")
            #expect(code == 0)
            let list = try #require(try json(output.first).arrayValue)
            #expect(list.map { $0["instance"] } == ["feed-1", "feed-2"])
            #expect(list.allSatisfy { $0["state"] == "ready" })
            #expect(Set(list.compactMap { $0["endpoint"]?.stringValue }).count == 2)
            #expect(list.allSatisfy { ($0["heartbeatAgeSeconds"]?.doubleValue ?? 99) < 15 })
        }
    }

    @Test func watchTellsOfAChange() async throws {
        try await LiveMesh.with(instances: 2) { mesh in
            let watch = try mesh.start("services", "--json", "--watch")
            try await watch.waitForLine { $0.contains("feed-2") }
            mesh.instances[1].node.setNotReady()
            try await watch.waitForLine { $0.contains(#""state":"starting""#) }
            try await watch.kill()
        }
    }

    /// A reader of a pipe can tell one table from the next, and when it was so.
    @Test func tablesOfAWatchAreApart() async throws {
        try await LiveMesh.with(instances: 2) { mesh in
            let watch = try mesh.start("services", "--watch")
            try await watch.waitForLine { $0.contains("feed-2") }
            mesh.instances[1].node.setNotReady()
            try await watch.waitForLine { $0.contains("starting") }
            let lines = watch.outputLines
            let blank = try #require(lines.firstIndex(of: ""))
            for time in [lines[0], lines[blank + 1]] {
                #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
            }
            #expect(lines[blank + 2].hasPrefix("SERVICE"))
            try await watch.kill()
        }
    }

    /// An instance that takes no work for the moment may be the one that has to be told something.
    @Test func allReachesWhoIsNotReady() async throws {
        try await LiveMesh.with(instances: 2) { mesh in
            mesh.instances[1].node.setNotReady()
            try await eventually("feed-2 is listed as starting") {
                try await mesh.run("services", "--json").output.first?.contains(#""state":"starting""#) ?? false
            }
            let all = try await mesh.run("call", "feed", "add", "1", "1", "--all")
            #expect(
                all.output.sorted() == [
                    #"{"instance":"feed-1","result":2}"#, #"{"instance":"feed-2","result":2}"#,
                ])
        }
    }

    @Test func callsGetResultsErrorsAndStreams() async throws {
        try await LiveMesh.with(instances: 2) { mesh in
            #expect(try await mesh.run("call", "feed", "add", "2", "3").output == ["5"])
            let digits = String(repeating: "12345678", count: 8)
            #expect(try await mesh.run("call", "feed", "text", digits).output == ["\"\(digits)\""])
            #expect(try await mesh.run("call", "feed", "count", "250").output == (0..<250).map { "\($0)" })

            let refused = try await mesh.run("call", "feed", "add", "2", "x")
            #expect(refused.code == 1)
            #expect(refused.errors.contains("TypeError"))
            #expect(refused.errors.contains("headframe inspect feed shows what a method takes"))
            let unknown = try await mesh.run("call", "feed", "nosuch")
            #expect(unknown.code == 1)
            #expect(unknown.errors.hasSuffix("; headframe inspect feed lists the methods\n"))

            let all = try await mesh.run("call", "feed", "add", "1", "1", "--all")
            #expect(
                all.output.sorted() == [
                    #"{"instance":"feed-1","result":2}"#, #"{"instance":"feed-2","result":2}"#,
                ])
            #expect(try await mesh.run("call", "feed", "add", "1", "x", "--all").code == 1)
        }
    }

    @Test func whatIsNotThereIsSaid() async throws {
        try await LiveMesh.with(instances: 1) { mesh in
            let misspelt = try await mesh.run("call", "fed", "add")
            #expect(misspelt.code == 2)
            #expect(misspelt.errors == "headframe: no instance of fed is registered; known services: feed\n")
            let stranger = try await mesh.run("call", "feed", "add", "--instance", "feed-9")
            #expect(stranger.code == 2)
            #expect(stranger.errors.contains("registered instances: feed-1"))
            #expect(try await mesh.run("call", "--endpoint", "127.0.0.1:1", "x", "--timeout", "0.3").code == 2)
            #expect(try await mesh.run("call", "feed").code == 64)
            let away = try await mesh.run("services", "--redis", "redis://127.0.0.1:1")
            #expect(away.code == 2)
            #expect(away.errors.contains("; is Redis running there? Start it (make up)"))
        }
    }

    @Test func inspectAndPingAskTheInstances() async throws {
        try await LiveMesh.with(instances: 2) { mesh in
            let inspected = try await mesh.run("inspect", "feed", "--json")
            let methods = try json(inspected.output.first)["methods"]?.arrayValue ?? []
            #expect(methods.contains(["arguments": ["a", "b"], "documentation": "Adds two numbers.", "name": "add"]))
            let pinged = try await mesh.run("ping", "--json", "--count", "3")
            #expect(pinged.code == 0)
            let answers = try json(pinged.output.first).arrayValue ?? []
            #expect(answers.map { $0["target"] } == ["feed/feed-1", "feed/feed-2"])
            #expect(answers.allSatisfy { $0["sent"] == 3 && $0["failed"] == 0 })
        }
    }

    @Test func subscribeMergesAndCounts() async throws {
        try await LiveMesh.with(instances: 2) { mesh in
            for instance in mesh.instances { try instance.publish(10) }
            let subscriber = try mesh.start("subscribe", "feed", "blocks", "--json-stats")
            try await subscriber.waitForLine { $0.contains(#""key":"job-10""#) }
            for height in UInt64(11)...15 {
                for instance in mesh.instances { try instance.publish(height) }
                try await subscriber.waitForLine { $0.contains(#""key":"job-\#(height)""#) }
            }
            subscriber.signal(SIGINT)
            #expect(try await subscriber.waitForExit() == .code(0))
            let statistics = try json(subscriber.errorLines.last)
            #expect(statistics["items"] == 6)
            #expect(statistics["firstHeight"] == 10)
            #expect(statistics["lastHeight"] == 15)
            #expect(statistics["gaps"] == 0)
            #expect(statistics["duplicates"] == 0)
            #expect(statistics["falls"] == 0)
            let item = try json(subscriber.outputLines.first)
            #expect(item["item"] == ["height": 10])
            #expect(item["position"]?["height"] == 10)
            #expect(item["reset"] == false)
            #expect(item["receivedAt"]?.stringValue?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
        }
    }

    @Test func subscribeEndsWhenItHasEnough() async throws {
        try await LiveMesh.with(instances: 1) { mesh in
            try mesh.instances[0].publish(10)
            let one = try await mesh.run("subscribe", "feed", "blocks", "--count", "1", "--stats")
            #expect(one.code == 0)
            #expect(one.output.count == 1)
            #expect(one.errors.contains("heights     10 to 10\n"))
            #expect(try await mesh.run("subscribe", "feed", "blocks", "--duration", "0.5").code == 0)
            let plain = try await mesh.run("subscribe", "feed", "count", "3", "--instance", "feed-1")
            #expect(plain.output == ["0", "1", "2"])
        }
    }

    @Test func whatIsNoPublicationIsSaid() async throws {
        try await LiveMesh.with(instances: 1) { mesh in
            let stream = try await mesh.run("subscribe", "feed", "count")
            #expect(stream.code == 1)
            #expect(stream.errors.contains("no publication") || stream.errors.contains("headframe call feed count"))
            let unknown = try await mesh.run("subscribe", "feed", "blocs")
            #expect(unknown.code == 1)
            #expect(unknown.errors.contains("feed has no “blocs”; it has add, blocks, count, text"))
        }
    }

    @Test func theDoctorFindsAVolatileRedis() async throws {
        try await LiveMesh.with(instances: 2) { mesh in
            let (code, output, _) = try await mesh.run("doctor", "--json")
            #expect(code == 1)
            let findings = try json(output.first)["findings"]?.arrayValue ?? []
            func verdict(_ subject: String) -> MessagePackValue? {
                findings.first { $0["subject"]?.stringValue?.hasPrefix(subject) ?? false }?["verdict"]
            }
            #expect(verdict("redis persistence") == "fail")
            #expect(verdict("redis eviction") == "ok")
            #expect(verdict("clock") == "ok")
            #expect(verdict("instance feed/feed-1") == "ok")
            #expect(verdict("service feed") == "ok")
        }
    }

    @Test func theDoctorSaysWhatAnInstanceWaitsFor() async throws {
        try await LiveMesh.with(
            instances: 2,
            offering: { instance, service in
                guard instance == 2 else { return }
                service.method("_mesh_readyz", "") { _ in ["shares": "the disk failed"] }
            },
            { mesh in
                mesh.instances[1].node.setNotReady()
                var line = ""
                try await eventually(within: .seconds(30), "the doctor sees that it is not ready; it says: \(line)") {
                    let (_, output, _) = try await mesh.run("doctor")
                    line = output.first { $0.contains("instance feed/feed-2: ") } ?? ""
                    return line.hasPrefix("warn") && line.hasSuffix(", starting, not ready: shares: the disk failed")
                }
            })
    }
}
