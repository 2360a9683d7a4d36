internal import Logging
internal import Mining
internal import TestSupport
internal import Testing

@testable internal import jobmanager

@Suite struct JobArchiveTests {
    @Test func `jobs made while the store is away are stored when it is back`() async throws {
        let store = MemoryStore()
        store.setAway(true)
        let archive = JobArchive(store, expiry: .seconds(600), logger: .silent)
        let jobs = try (0..<10).map { try JobSamples.job($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await archive.run() }
            defer { group.cancelAll() }
            for job in jobs { archive.add(job) }
            try await eventually("an attempt") { store.attempts > 0 && archive.currentProblem != nil }
            store.setAway(false)
            try await eventually("all are stored") { store.storedIDs == Set(jobs.map(\.id)) }
            #expect(archive.currentProblem == nil)
        }
    }

    @Test func `while the store is away the newest are kept, and a bounded number of them`() async throws {
        let store = MemoryStore()
        let archive = JobArchive(store, expiry: .seconds(600), logger: .silent)
        let jobs = try (0..<100).map { try JobSamples.job($0) }
        for job in jobs { archive.add(job) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await archive.run() }
            defer { group.cancelAll() }
            try await eventually("the newest are stored") { store.storedIDs == Set(jobs.suffix(16).map(\.id)) }
        }
    }

    @Test func `a job is given up when it would have expired`() async throws {
        let store = MemoryStore()
        store.setAway(true)
        let archive = JobArchive(store, expiry: .milliseconds(1), logger: .silent)
        let jobs = try (0..<2).map { try JobSamples.job($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await archive.run() }
            defer { group.cancelAll() }
            archive.add(jobs[0])
            try await eventually("an attempt") { store.attempts > 0 }
            store.setAway(false)
            archive.add(jobs[1])
            try await eventually("the next is stored") { store.storedIDs == [jobs[1].id] }
        }
    }
}

extension Logger {
    /// Says nothing.
    static var silent: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}
