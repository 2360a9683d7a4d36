internal import DurableQueue
internal import Foundation
internal import Mesh
internal import MessagePack
internal import TestSupport
internal import Testing

/// `headframe queue` on a mesh of two instances, of which each has queues.
@Suite(.timeLimit(.minutes(2))) struct QueueCommandTests {
    private func json(_ line: String?) throws -> MessagePackValue {
        try JSONDecoder().decode(MessagePackValue.self, from: Data(try #require(line).utf8))
    }

    /// Two instances with a queue `shares` each, the first with a queue `mail` besides.
    private static func withQueues(
        _ body: @escaping @Sendable (LiveMesh, _ shares: [DurableQueue], _ mail: DurableQueue) async throws -> Void
    ) async throws {
        let shares = [try queue("shares"), try queue("shares")]
        let mail = try queue("mail")
        try await LiveMesh.with(
            instances: 2,
            offering: { instance, service in
                let desk = QueueDesk()
                desk.add(shares[instance - 1], diskBound: 1 << 20)
                if instance == 1 { desk.add(mail) }
                desk.offer(on: &service)
            },
            { mesh in try await body(mesh, shares, mail) })
    }

    private static func queue(_ name: String) throws -> DurableQueue {
        var configuration = QueueConfiguration(name: name)
        configuration.retryDelay = .milliseconds(1)
        configuration.maximumFailures = 1
        return DurableQueue(store: try InMemoryStore(), configuration: configuration)
    }

    /// Puts entries into a queue whose handler fails.
    private static func bury(_ count: Int, in queue: DurableQueue) async throws {
        struct Poison: Error {}
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await queue.run { _ in throw Poison() } }
            for number in 1...count { _ = try await queue.enqueue(id: "id \(number)", payload: [UInt8(number)]) }
            try await eventually("all were given up") { queue.status.dead == count }
            group.cancelAll()
        }
    }

    @Test func `list and show ask every instance`() async throws {
        try await Self.withQueues { mesh, shares, mail in
            for number in 0..<3 as Range<UInt8> { _ = try await shares[1].enqueue(payload: [number]) }
            let listed = try await mesh.run("queue", "list")
            #expect(listed.code == 0, "\(listed.errors)")
            let rows = listed.output.dropFirst().map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
            #expect(rows == ["mail feed/feed-1", "shares feed/feed-1", "shares feed/feed-2"])
            let all = try json(try await mesh.run("queue", "list", "--json").output.first).arrayValue ?? []
            #expect(all.map { $0["depth"] } == [0, 0, 3])
            #expect(all.map { $0["instance"] } == ["feed-1", "feed-1", "feed-2"])

            let shown = try json(try await mesh.run("queue", "show", "shares", "--json").output.first).arrayValue ?? []
            #expect(shown.count == 2)
            let origin = shown.last?["origins"]?.arrayValue?.first
            #expect(origin?["acknowledgedThrough"] == 3 && origin?["oldestSequence"] == 1)
            let text = try await mesh.run("queue", "show", "shares", "--instance", "feed-2")
            #expect(
                text.output.first == "shares of feed/feed-2, store \(shares[1].store.origin.uuidString.lowercased())")
            #expect(
                text.output.contains { $0.hasPrefix("  depth") && $0.contains("3 of at most 1000000, the oldest for") })
            #expect(text.output.contains { $0.hasPrefix("  disk") && $0.contains("of at most 1.0 MiB") })
            #expect(text.output.contains { $0.contains("1 to 3, acknowledged to 3, 3 to do") })
        }
    }

    @Test func `what was given up is shown, tried again, dropped`() async throws {
        try await Self.withQueues { mesh, shares, mail in
            try await Self.bury(2, in: shares[0])
            try await Self.bury(3, in: shares[1])
            #expect(try await mesh.run("queue", "dead", "mail").output == ["Nothing was given up in mail."])
            let dead = try json(try await mesh.run("queue", "dead", "shares", "--json").output.first).arrayValue ?? []
            #expect(dead.map { $0["instance"] } == ["feed-1", "feed-1", "feed-2", "feed-2", "feed-2"])
            #expect(dead.allSatisfy { $0["error"] == "Poison()" && $0["failures"] == 1 })
            #expect(dead.first?["payload"] == "AQ==")
            let identities = dead.compactMap { $0["identity"]?.stringValue }

            let dropped = try await mesh.run("queue", "drop", "shares", identities[0], identities[2])
            #expect(dropped.code == 0 && dropped.output == [identities[0], identities[2]])
            #expect(dropped.errors == "headframe: 2 entries of shares dropped\n")
            let again = try await mesh.run("queue", "retry", "shares", identities[0], identities[1])
            #expect(again.code == 1 && again.output == [identities[1]])
            #expect(again.errors.contains("not given up in shares, or not there: \(identities[0])"))
            #expect(shares[0].status.depth == 1)
            let rest = try await mesh.run("queue", "retry", "shares", "--all", "--json")
            #expect(try json(rest.output.first).arrayValue?.count == 2)
            #expect(shares[1].status.depth == 2 && shares[1].status.dead == 0)
        }
    }

    @Test func `export prints everything, one line each`() async throws {
        try await Self.withQueues { mesh, shares, mail in
            // More than one page.
            try await withThrowingTaskGroup { group in
                for number in 0..<1100 { group.addTask { try await shares[0].enqueue(payload: [UInt8(number % 256)]) } }
                try await group.waitForAll()
            }
            _ = try await shares[1].enqueue(id: "the last", payload: [1, 2, 3])
            let exported = try await mesh.run("queue", "export", "shares")
            #expect(exported.code == 0 && exported.output.count == 1101)
            let last = try json(exported.output.last)
            #expect(last["id"] == "the last" && last["payload"] == "AQID" && last["instance"] == "feed-2")
            #expect(last["status"] == "waiting")
        }
    }

    @Test func `what is not there, and what is wrong, is said`() async throws {
        try await Self.withQueues { mesh, _, _ in
            let unknown = try await mesh.run("queue", "show", "share")
            #expect(unknown.code == 2)
            #expect(
                unknown.errors
                    == "headframe: no instance that answered has a queue “share”; known queues: mail, shares\n")
            let stranger = try await mesh.run("queue", "list", "--instance", "feed-9")
            #expect(stranger.code == 2 && stranger.errors.contains("no instance “feed-9” is registered"))
            #expect(try await mesh.run("queue", "retry", "shares").code == 64)
            let nonsense = try await mesh.run("queue", "drop", "shares", "42")
            #expect(nonsense.code == 64 && nonsense.errors.contains("give ORIGIN/SEQUENCE"))
        }
        try await LiveMesh.with(instances: 1) { mesh in
            let none = try await mesh.run("queue", "list")
            #expect(none.code == 0)
            #expect(none.output == ["No instance has a queue. Stratum servers have one for their shares."])
        }
    }
}
