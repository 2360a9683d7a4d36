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
        try await withHTTPClient { http in
            let managers = try (0..<2).map { index in
                JobManager(
                    JobManagerOptions(daemons: [try DaemonEndpoint(parsing: network.nodes[index].address)]), http: http,
                    store: stores[index], ledger: MemoryLedger(), wallClockMilliseconds: { 1234 }, logger: .silent
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

    @Test func `on a quiet chain the current job does not expire, neither in memory nor in the store`() async throws {
        let network = try await LitecoinNetwork.start()
        let store = MemoryStore()
        let publisher = RecordingPublisher()
        try await withHTTPClient { http in
            var options = JobManagerOptions(daemons: [try DaemonEndpoint(parsing: network.nodes[0].address)])
            options.jobExpiry = .milliseconds(600)
            let manager = JobManager(
                options, http: http, store: store, ledger: MemoryLedger(), wallClockMilliseconds: { 1234 },
                logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await manager.run(publishingTo: publisher) }
                defer { group.cancelAll() }
                // Six renewals take twice as long as a job that is not renewed is kept.
                try await eventually("it is stored again and again") { store.attempts >= 7 }
                store.setAway(true)
                let current = try manager.current()
                #expect(try await manager.job(current.id) == current)
                #expect(store.storedIDs == [current.id])
                #expect(publisher.jobs.count == 1)
            }
        }
    }

    @Test func `without any daemon it is suspended after a while, keeps its job, and resumes when one answers`()
        async throws
    {
        let network = try await LitecoinNetwork.start()
        let publisher = RecordingPublisher()
        let daemons = Array(network.nodes[0...1])
        try await withHTTPClient { http in
            var options = JobManagerOptions(daemons: try daemons.map { try DaemonEndpoint(parsing: $0.address) })
            options.daemonGrace = .seconds(1)
            options.templates.pollInterval = .milliseconds(100)
            let manager = JobManager(
                options, http: http, store: MemoryStore(), ledger: MemoryLedger(), wallClockMilliseconds: { 1234 },
                logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await manager.run(publishingTo: publisher) }
                defer { group.cancelAll() }
                try await eventually("the first job") { publisher.jobs.count == 1 }

                try await daemons[0].kill()
                try await eventually("the first daemon is missed") { manager.status().daemons[0].state == .unreachable }
                try await daemons[1].kill()
                let last = ContinuousClock.now
                try await eventually("it is suspended") { publisher.suspension != nil }
                #expect(ContinuousClock.now - last >= .milliseconds(900), "one daemon is enough")
                #expect(publisher.suspension?.contains("no coin daemon has given a template for 1.0 seconds") == true)
                #expect(publisher.suspension?.contains("\(daemons[0].rpcPort)") == true)
                #expect(try manager.current() == publisher.jobs.last)

                try await daemons[1].restart()
                try await eventually(within: .seconds(40), "it resumes") { publisher.suspension == nil }
                #expect(manager.status().daemons[1].state == .ready)
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
}
