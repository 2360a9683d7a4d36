internal import AsyncHTTPClient
internal import CoinDaemon
internal import Mining
internal import TestSupport
internal import Testing

@testable internal import jobmanager

@Suite struct JobManagerTests {
    @Test func `two jobmanagers on two nodes make the same jobs, one for each block`() async throws {
        let network = try await LitecoinNetwork.start()
        let stores = [MemoryStore(), MemoryStore()]
        let publishers = [RecordingPublisher(), RecordingPublisher()]
        try await Self.withHTTPClient { http in
            let managers = try (0..<2).map { index in
                JobManager(
                    JobManagerOptions(daemons: [try DaemonEndpoint(parsing: network.nodes[index].address)]), http: http,
                    store: stores[index], wallClockMilliseconds: { 1234 }, logger: .silent
                )
            }
            #expect { try managers[0].current() } throws: { ($0 as? JobManagerError)?.code == .noJob }
            #expect(managers[0].status().current == nil)

            try await withThrowingTaskGroup(of: Void.self) { group in
                for (manager, publisher) in zip(managers, publishers) {
                    group.addTask { await manager.run(publishingTo: publisher) }
                }
                defer { group.cancelAll() }
                try await eventually("the first job") { publishers.allSatisfy { $0.jobs.count == 1 } }
                for count in 2...10 {
                    try network.nodes[2].generate()
                    try await eventually(within: .seconds(2), "job \(count)") {
                        publishers.allSatisfy { $0.jobs.count >= count }
                    }
                }
                #expect(publishers[0].jobs.map(\.id) == publishers[1].jobs.map(\.id))
                #expect(publishers[0].jobs.map(\.position) == publishers[1].jobs.map(\.position))
                #expect(publishers[0].jobs.map(\.position.height) == Array(1...10))
                try await eventually("all are stored") {
                    stores.allSatisfy { $0.storedIDs == Set(publishers[0].jobs.map(\.id)) }
                }
                try await Self.expectMethods(managers[0], publishers[0].jobs, stores[0])
            }
        }
    }

    private static func expectMethods(_ manager: JobManager, _ jobs: [Job], _ store: MemoryStore) async throws {
        #expect(try manager.current() == jobs.last)
        #expect(try await manager.job(jobs[3].id) == jobs[3])
        let foreign = try JobSamples.job(77)
        try await store.store(foreign)
        #expect(try await manager.job(foreign.id) == foreign)

        let unknown = String(repeating: "0", count: 32)
        await expect(.unknownJob, "expired") { _ = try await manager.job(unknown) }
        await expect(.invalidArgument, "32 lower-case") { _ = try await manager.job("job:*") }
        await expect(.invalidArgument, "64 hexadecimal") { try manager.notify("xyz") }
        store.setAway(true)
        await expect(.unknownJob, "could not be asked") { _ = try await manager.job(unknown) }
        try manager.notify(jobs[0].position.parent.uppercased())

        let status = manager.status()
        #expect(status.current?.id == jobs.last?.id)
        #expect(status.jobsMade == 10)
        #expect(status.jobsCached == 10)
        #expect(status.daemons.map(\.state) == [.ready])
        #expect(status.daemons.map(\.isSelected) == [true])
    }

    private static func expect(
        _ code: JobManagerError.Code, _ hint: String, _ body: () async throws -> Void
    ) async {
        await #expect {
            try await body()
        } throws: { error in
            guard let error = error as? JobManagerError else { return false }
            return error.code == code && error.message.contains(hint)
        }
    }

    private static func withHTTPClient(_ body: (HTTPClient) async throws -> Void) async throws {
        let http = HTTPClient(configuration: .coinDaemon)
        do {
            try await body(http)
        } catch {
            try await http.shutdown()
            throw error
        }
        try await http.shutdown()
    }
}
