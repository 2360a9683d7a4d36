internal import Foundation
internal import Glibc
internal import Logging
internal import Mining
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import stratum

/// Jobmanagers whose answers a test decides.
private final class ScriptedJobmanagers: Jobmanagers {
    struct Away: Error {}

    private struct State {
        var known: [BlockCampaign.Jobmanager] = []
        var observer: (@Sendable ([BlockCampaign.Jobmanager]) -> Void)?
        var outcome = BlockVerdict.Outcome.undecided
        var calls: [(instance: String, sentJob: Bool)] = []
    }

    private let state = Mutex(State())

    var calls: [(instance: String, sentJob: Bool)] { state.withLock { $0.calls } }

    func know(_ instances: String...) {
        let known = instances.map { BlockCampaign.Jobmanager(instance: $0, isReachable: true) }
        let observer = state.withLock { state in
            state.known = known
            return state.observer
        }
        observer?(known)
    }

    func answer(_ outcome: BlockVerdict.Outcome) { state.withLock { $0.outcome = outcome } }

    func observe(_ observer: @escaping @Sendable ([BlockCampaign.Jobmanager]) -> Void) {
        let known = state.withLock { state in
            state.observer = observer
            return state.known
        }
        observer(known)
    }

    func submit(_ block: FoundBlock, to instance: String, job: Job?) async throws -> BlockVerdict {
        let outcome = state.withLock { state in
            state.calls.append((instance, job != nil))
            return state.outcome
        }
        return BlockVerdict(hash: block.hash, outcome: job == nil ? outcome : .accepted)
    }
}

@Suite struct BlockSubmitterTests {
    private let folder: TemporaryFolder
    private let spool: FoundBlockSpool
    private let jobmanagers = ScriptedJobmanagers()

    init() throws {
        folder = try TemporaryFolder("submitter")
        spool = FoundBlockSpool(path: folder.path + "/spool")
    }

    private func withSubmitter(
        _ spool: FoundBlockSpool, memoryLimit: Int = 256, logger: Logger = BlockSamples.silent,
        heard: @escaping @Sendable (FoundBlock) -> Void = { _ in }, _ body: (BlockSubmitter) async throws -> Void
    ) async throws {
        let submitter = BlockSubmitter(spool, logger: logger, memoryLimit: memoryLimit, heard: heard)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await submitter.run(with: jobmanagers) }
            defer { group.cancelAll() }
            try await body(submitter)
        }
    }

    @Test func `a block waits on the disk for the first jobmanager, over lives`() async throws {
        let block = try BlockSamples.block(1)
        let heard = Mutex<[String]>([])
        try spool.prepare()
        try await withSubmitter(spool, heard: { block in heard.withLock { $0.append(block.hash) } }) { submitter in
            submitter.found(block)
            let onDisk = try spool.load().blocks
            #expect(onDisk == [block], "on the disk when it returns")
            #expect(submitter.undecided == [block.hash])
        }
        #expect(heard.withLock { $0 } == [block.hash])
        #expect(jobmanagers.calls.isEmpty)

        jobmanagers.answer(.accepted)
        try await withSubmitter(spool) { submitter in
            try await eventually(within: .seconds(30), "it is loaded") { submitter.undecided == [block.hash] }
            jobmanagers.know("jm-1", "jm-2")
            try await eventually(within: .seconds(30), "it is decided") { submitter.undecided.isEmpty }
            try await eventually(within: .seconds(30), "it leaves the disk") { try spool.load().blocks.isEmpty }
        }
        #expect(Set(jobmanagers.calls.map(\.instance)) == ["jm-1", "jm-2"], "all at once")
    }

    @Test func `the job is sent to who asks for it`() async throws {
        jobmanagers.know("jm-1")
        jobmanagers.answer(.unknownJob)
        try await withSubmitter(spool) { submitter in
            submitter.found(try BlockSamples.block(1))
            try await eventually(within: .seconds(30), "it is decided") { submitter.undecided.isEmpty }
        }
        #expect(jobmanagers.calls.map(\.sentJob) == [false, true])
    }

    @Test func `undecided it is tried again, and a second block does not wait for it`() async throws {
        jobmanagers.know("jm-1")
        try await withSubmitter(spool) { submitter in
            submitter.found(try BlockSamples.block(1))
            try await eventually(within: .seconds(30), "some tries") { jobmanagers.calls.count >= 3 }
            jobmanagers.answer(.accepted)
            submitter.found(try BlockSamples.block(2))
            try await eventually(within: .seconds(30), "both are decided") { submitter.undecided.isEmpty }
        }
    }

    @Test func `without a disk it is submitted from memory`() async throws {
        jobmanagers.know("jm-1")
        jobmanagers.answer(.accepted)
        try await withSubmitter(FoundBlockSpool(path: "/proc/none/spool")) { submitter in
            submitter.found(try BlockSamples.block(1))
            try await eventually(within: .seconds(30), "it is decided") {
                submitter.undecided.isEmpty && !jobmanagers.calls.isEmpty
            }
        }
    }

    @Test func `it is submitted while it is still being written`() async throws {
        let block = try BlockSamples.block(1)
        try spool.prepare()
        jobmanagers.know("jm-1")
        jobmanagers.answer(.accepted)
        // Whoever opens a pipe to write waits for a reader: a disk that takes its time.
        let pipe = "\(spool.path)/\(block.hash).block.writing"
        #expect(mkfifo(pipe, 0o600) == 0)
        try await withSubmitter(spool) { submitter in
            let isDone = Mutex(false)
            Thread.detachNewThread {
                submitter.found(block)
                isDone.withLock { $0 = true }
            }
            try await eventually(within: .seconds(30), "it is decided") {
                submitter.undecided.isEmpty && !jobmanagers.calls.isEmpty
            }
            #expect(!isDone.withLock { $0 })
            let reader = open(pipe, O_RDONLY | O_NONBLOCK)
            try await eventually(within: .seconds(30), "it is written") { isDone.withLock { $0 } }
            close(reader)
        }
        #expect(try spool.load().blocks.isEmpty)
    }

    @Test func `what the disk does not take stays in memory, however many there are`() async throws {
        let count = 10
        try await withSubmitter(FoundBlockSpool(path: "/proc/none/spool"), memoryLimit: 4) { submitter in
            for number in 1...count { submitter.found(try BlockSamples.block(number)) }
            #expect(submitter.undecided.count == count)
            jobmanagers.answer(.accepted)
            jobmanagers.know("jm-1")
            try await eventually(within: .seconds(30), "all are decided") { submitter.undecided.isEmpty }
        }
        #expect(jobmanagers.calls.count == count)
    }

    @Test func `what is undecided at the end is named, and where it stays`() async throws {
        let (first, second) = (try BlockSamples.block(1), try BlockSamples.block(2))
        let log = LogBook()
        try spool.prepare()
        try await withSubmitter(spool, logger: log.logger) { submitter in
            submitter.found(first)
            // In the way of the second one, so that it is in memory alone.
            try FileManager.default.createDirectory(
                atPath: "\(spool.path)/\(second.hash).block.writing", withIntermediateDirectories: false)
            submitter.found(second)
        }
        let end = try #require(log.lines.first { $0.contains("2 found blocks are undecided at the end") })
        #expect(end.contains(spool.path) && end.contains(first.hash) && end.contains(second.hash))
        let lost = try #require(log.lines.first { $0.contains("lost: the disk did not take") })
        #expect(lost.contains(second.hash) && !lost.contains(first.hash))
    }

    @Test func `more blocks than memory holds wait on the disk, and are submitted too`() async throws {
        try spool.prepare()
        let count = 10
        try await withSubmitter(spool, memoryLimit: 4) { submitter in
            for number in 1...count { submitter.found(try BlockSamples.block(number)) }
            #expect(submitter.undecided.count == 4)
            jobmanagers.answer(.accepted)
            jobmanagers.know("jm-1")
            try await eventually(within: .seconds(30), "all are decided") {
                try submitter.undecided.isEmpty && spool.load().blocks.isEmpty
            }
        }
        #expect(jobmanagers.calls.count == count)
    }
}
