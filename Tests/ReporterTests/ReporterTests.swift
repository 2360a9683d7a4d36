internal import DurableQueue
internal import Foundation
internal import Mining
internal import Redis
internal import TestSupport
internal import Testing

@testable internal import reporter

/// Reporters in a real mesh, with real queues and a real Redis.
@Suite struct ReporterTests {
    /// An origin that one of two reporters follows.
    private func origin(of reporter: String) -> UUID {
        while true {
            let origin = UUID()
            let name = origin.uuidString.lowercased()
            if Rendezvous.owner(of: name, among: ["reporter-1", "reporter-2"]) == reporter { return origin }
        }
    }

    @Test func `shares of several servers are counted once each, by two reporters`() async throws {
        try await withReporterScene { scene, group in
            let servers = try (1...4).map { number in
                try scene.server(
                    "stratum-\(number)", store: InMemoryStore(origin: origin(of: "reporter-\(1 + number % 2)")))
            }
            let reporters = try (1...2).map { try scene.reporter("reporter-\($0)") }
            for server in servers { group.addTask { try await scene.run(server) } }
            for reporter in reporters { group.addTask { try await scene.run(reporter) } }
            for (number, server) in servers.enumerated() {
                try await server.put((0..<50).map { Shares.share(number * 1000 + $0, "w\(number)") })
                // All of them have these.
                try await server.put((9_000..<9_010).map { Shares.share($0, "shared") })
            }
            try await scene.waitUntil(counted: ["w0": 50, "w1": 50, "w2": 50, "w3": 50, "shared": 10])
            try await eventually("what is counted is completed") { servers.allSatisfy { $0.queue.status.depth == 0 } }
            // Each source is followed by one.
            try await eventually("the sources are spread") {
                let followed = reporters.map { ReporterStatus($0.reporter).sources.filter(\.isFollowed).map(\.source) }
                return followed.allSatisfy { $0.count == 2 } && Set(followed.joined()).count == 4
            }
            #expect(reporters.allSatisfy { ReporterStatus($0.reporter).sources.count == 4 })

            // Live ones, while one reporter dies.
            async let later: Void = {
                for number in 100..<300 { try await servers[number % 4].put([Shares.share(number * 10_000, "later")]) }
            }()
            reporters[0].life.kill()
            try await later
            try await scene.waitUntil(
                counted: ["w0": 50, "w1": 50, "w2": 50, "w3": 50, "shared": 10, "later": 200])
            try await eventually("all are followed by the other one") {
                ReporterStatus(reporters[1].reporter).sources.allSatisfy(\.isFollowed)
            }
        }
    }

    @Test func `while Redis is away shares wait at their source, and are counted when it is back`() async throws {
        try await withReporterScene { scene, group in
            let server = try scene.server("stratum-1", store: InMemoryStore())
            let reporter = try scene.reporter("reporter-1")
            group.addTask { try await scene.run(server) }
            group.addTask { try await scene.run(reporter) }
            try await server.put((0..<10).map { Shares.share($0) })
            try await scene.waitUntil(counted: ["alice": 10])
            scene.counting.currentProcess.signal(SIGKILL)
            try await server.put((10..<2_000).map { Shares.share($0) })
            try await eventually("the reporter says so") {
                ReporterStatus(reporter.reporter).sources.contains { $0.problem != nil }
            }
            #expect(server.queue.status.depth >= 1_990)
            try await scene.counting.restart()
            try await scene.waitUntil(counted: ["alice": 2_000])
            try await eventually("what is counted is completed") { server.queue.status.depth == 0 }
            #expect(reporter.reporter.board.totals.shares <= 2_000)
        }
    }

    @Test func `a Redis that has lost writes gets them again, though nothing new comes`() async throws {
        try await withReporterScene { scene, group in
            let server = try scene.server("stratum-1", store: InMemoryStore())
            let reporter = try scene.reporter("reporter-1")
            group.addTask { try await scene.run(server) }
            group.addTask { try await scene.run(reporter) }
            try await server.put((0..<20).map { Shares.share($0) })
            try await scene.waitUntil(counted: ["alice": 20])
            try await eventually("all is completed") { server.queue.status.depth == 0 }
            _ = try await scene.redis.send(["FLUSHALL"])
            try await scene.waitUntil(counted: ["alice": 20])
            #expect(ReporterStatus(reporter.reporter).sources.first?.rewinds == 1)
        }
    }

    @Test func `an origin is followed where it is, and copies that others have of it are completed`() async throws {
        let folder = try TemporaryFolder("copies")
        try await withReporterScene { scene, group in
            let shares = (0..<5).map { Shares.share($0) }
            let origin = UUID()
            let held = try SegmentLogStore(folder: folder.path)
            try await held.append(
                shares.prefix(3).enumerated().map { number, share in
                    .add(
                        Entry(
                            identity: EntryIdentity(origin: origin, sequence: UInt64(number) + 1),
                            id: EntryID("\(number)"), enqueued: Timestamp(milliseconds: 1), payload: share.bytes))
                })
            await held.close()
            // The later name, so that the name alone would have it followed.
            let copy = try scene.server("stratum-2", store: try SegmentLogStore(folder: folder.path))
            let own = try scene.server("stratum-1", store: try InMemoryStore(origin: origin))
            #expect(copy.queue.status.depth == 3)
            var limits = SourceFollower.Limits()
            limits.confirmEvery = .milliseconds(200)
            let reporter = try scene.reporter("reporter-1", limits: limits)
            for server in [copy, own] { group.addTask { try await scene.run(server) } }
            try await own.put(shares)
            group.addTask { try await scene.run(reporter) }
            try await scene.waitUntil(counted: ["alice": 5])
            try await eventually("all that is counted is completed, wherever it is") {
                own.queue.status.depth == 0 && copy.queue.status.depth == 0
            }
        }
    }
}
