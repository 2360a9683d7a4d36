internal import EventLoop
internal import Foundation
internal import Logging
internal import Mesh
internal import Redis
internal import TestSupport
internal import Testing

/// A replicated queue of three members and a producer, with real processes that are killed and frozen. `HEADFRAME_CHAOS_SECONDS` says for
/// how long (`make chaos-queue MINUTES=10`).
@Suite(.serialized, .timeLimit(.minutes(120))) struct QueueChaosTests {
    private static let duration = Duration.seconds(
        Int(ProcessInfo.processInfo.environment["HEADFRAME_CHAOS_SECONDS"] ?? "") ?? 60)

    @Test func `whatever dies, what was acknowledged is run, and its effect is there once`() async throws {
        let folder = try TemporaryFolder("queue-chaos")
        let redis = try await RedisServer.start()
        let place = MeshPlace(
            redis: redis.url, namespace: "test-\(UInt32.random(in: 0...(.max)))", registryTTL: .seconds(3))
        let members = try (1...3).map { number in
            SupervisedProcess(
                "chaos-member-\(number)", try Program.built("chaos-member"),
                try place.arguments("chaos-member-\(number)", ports: PortBlock.pick()) + [
                    "--folder", folder.path + "/\(number)",
                ],
                environment: [:])
        }
        let producer = SupervisedProcess(
            "chaos-producer", try Program.built("chaos-producer"),
            try place.arguments("chaos-producer", ports: PortBlock.pick()) + [
                "--record", folder.path + "/acknowledged",
            ],
            environment: [:])
        let chaos = Chaos(members + [producer])
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process in members + [producer] { group.addTask { try await process.run() } }
                defer { group.cancelAll() }
                try await eventually(within: .seconds(30), "something is acknowledged") {
                    try !acknowledged(in: folder).isEmpty
                }
                try await chaos.run(for: Self.duration)
                producer.doNotRestart()
                try await producer.current().terminate()
                try await withNode(place) { mesh in
                    try await waitUntilSettled(members, mesh.node)
                    let configuration = RedisConfiguration(url: try RedisURL(redis.url), clientName: "checker")
                    let effects = try await withRedisClient(configuration, loop: mesh.loop) { client in
                        try await counts("effects", of: place, client)
                    }
                    let runs = try await withRedisClient(configuration, loop: mesh.loop) { client in
                        try await counts("runs", of: place, client)
                    }
                    try check(acknowledged(in: folder), effects: effects, runs: runs, chaos.tally)
                }
            }
        } catch {
            for process in members + [producer] { process.printLog() }
            throw error
        }
    }

    /// Waits until every member says the same of every origin, and that nothing is left to do.
    private func waitUntilSettled(_ members: [SupervisedProcess], _ node: MeshNode) async throws {
        var last: [[String: EntryCounts]] = []
        try await eventually(within: .seconds(90), "the members agree that all is completed; last: \(last)") {
            last = []
            for member in members {
                let name = InstanceName(service: "chaos-member", instance: member.name)
                do {
                    last.append(try await node.call(.instance(name), "counts", options: .init(timeout: .seconds(2))))
                } catch is MeshError { return false }
            }
            return Set(last).count == 1 && last[0].values.allSatisfy { $0.unfinished == 0 }
        }
        for counts in last[0].values { #expect(counts.dead == 0) }
    }

    /// Compares what was acknowledged with the effects, and prints the figures.
    private func check(
        _ acknowledged: Set<String>, effects: [String: Int], runs: [String: Int], _ tally: Chaos.Tally
    ) throws {
        let lost = acknowledged.filter { runs[$0] == nil }
        let without = acknowledged.filter { effects[$0] == nil }
        let twice = effects.filter { $0.value > 1 }
        print(
            """
            chaos-queue: \(Self.duration), \(tally.kills) kills, \(tally.freezes) freezes: acknowledged \(acknowledged.count), \
            run \(runs.count), run twice or more \(runs.count { $0.value > 1 }), lost \(lost.count), \
            without effect \(without.count), effect twice \(twice.count)
            """)
        #expect(lost.isEmpty)
        #expect(without.isEmpty)
        #expect(twice.isEmpty)
        #expect(acknowledged.count > 100)
    }

    /// The members' hash of that name.
    private func counts(_ name: String, of place: MeshPlace, _ client: RedisClient) async throws -> [String: Int] {
        let reply = try await client.send(
            ["HGETALL", RedisArgument("{\(place.namespace)}:chaos:\(name)")], whenDisconnected: .wait)
        let words = reply.array?.compactMap(\.string) ?? []
        let pairs = stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], Int(words[$0 + 1]) ?? 0) }
        return Dictionary(pairs, uniquingKeysWith: +)
    }

    private func acknowledged(in folder: TemporaryFolder) throws -> Set<String> {
        let path = folder.path + "/acknowledged"
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        return Set(text.split(separator: "\n").map(String.init))
    }
}

/// What a member says of the entries of one origin.
private struct EntryCounts: Codable, Hashable, Sendable {
    var completed: Int
    var unfinished: Int
    var dead: Int
}
