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

    /// How long two members may take at most, in seconds, to acknowledge again once nothing is done to them: the silence before a takeover, a
    /// random while, and a hand-over, each of about 2 s, with as much again for a busy machine.
    private static let longestUndisturbed: TimeInterval = 12

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
                    try !Acknowledgements(in: folder).ids.isEmpty
                }
                let start = Date()
                try await chaos.run(for: Self.duration)
                let time = DateInterval(start: start, end: Date())
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
                    let acknowledged = try Acknowledgements(in: folder)
                    check(acknowledged.ids, effects: effects, runs: runs, chaos.faults)
                    let longest = checkGaps(acknowledged, members.map(\.name), chaos, time)
                    if longest > Self.longestUndisturbed {
                        for fault in chaos.faults { print(fault) }
                        for process in members { process.printLog() }
                    }
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
        _ acknowledged: Set<String>, effects: [String: Int], runs: [String: Int], _ faults: [Chaos.Fault]
    ) {
        let lost = acknowledged.filter { runs[$0] == nil }
        let without = acknowledged.filter { effects[$0] == nil }
        let twice = effects.filter { $0.value > 1 }
        print(
            """
            chaos-queue: \(Self.duration), \(faults.count { $0.kind == .kill }) kills, \(faults.count { $0.kind == .freeze }) freezes: acknowledged \(acknowledged.count), \
            run \(runs.count), run twice or more \(runs.count { $0.value > 1 }), lost \(lost.count), \
            without effect \(without.count), effect twice \(twice.count)
            """)
        #expect(lost.isEmpty)
        #expect(without.isEmpty)
        #expect(twice.isEmpty)
        #expect(acknowledged.count > 100)
    }

    /// Prints how long nothing was acknowledged, and returns how long at most while two members and the producer were let alone: whatever the third
    /// does, they are enough.
    private func checkGaps(
        _ acknowledged: Acknowledgements, _ members: [String], _ chaos: Chaos, _ time: DateInterval
    ) -> TimeInterval {
        let described = { (stretch: DateInterval) in
            String(format: "%.1f s (from %.1f s on)", stretch.duration, stretch.start.timeIntervalSince(time.start))
        }
        let pairs = members.map { Set(members).subtracting([$0]) }
        let undisturbed = { (pairs: [Set<String>]) in
            pairs.flatMap { chaos.undisturbed($0.union(["chaos-producer"]), in: time) }
        }
        let longest = acknowledged.longestWithout(in: undisturbed(pairs))
        let byMember = members.map { member in
            let own = acknowledged.longestWithout(member, in: undisturbed(pairs.filter { $0.contains(member) }))
            return "\(member) \(described(acknowledged.longestWithout(member, in: [time]))), \(described(own))"
        }
        print(
            """
            chaos-queue: longest without an acknowledgement: \(described(acknowledged.longestWithout(in: [time]))); \
            while two members and the producer were undisturbed \(described(longest)); by member, and while it, another and the producer \
            were undisturbed: \(byMember.joined(separator: "; "))
            """)
        #expect(longest.duration <= Self.longestUndisturbed)
        return longest.duration
    }

    /// The members' hash of that name.
    private func counts(_ name: String, of place: MeshPlace, _ client: RedisClient) async throws -> [String: Int] {
        let reply = try await client.send(
            ["HGETALL", RedisArgument("{\(place.namespace)}:chaos:\(name)")], whenDisconnected: .wait)
        let words = reply.array?.compactMap(\.string) ?? []
        let pairs = stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], Int(words[$0 + 1]) ?? 0) }
        return Dictionary(pairs, uniquingKeysWith: +)
    }
}

/// What a member says of the entries of one origin.
private struct EntryCounts: Codable, Hashable, Sendable {
    var completed: Int
    var unfinished: Int
    var dead: Int
}
