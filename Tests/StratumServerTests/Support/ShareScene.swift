internal import DurableQueue
internal import Mining
internal import ServiceKit
internal import ServiceLifecycle
internal import Synchronization
internal import TestSupport

@testable internal import stratum

/// Runs `body` with a queue of shares in a folder, and ends it in good order.
func withShareQueue(
    _ folder: TemporaryFolder, instance: String = "stratum-1", replicas: Int = 0, readiness: Readiness = Readiness(),
    _ change: (inout ShareQueueOptions) -> Void = { _ in }, body: (ShareQueue) async throws -> Void
) async throws {
    var options = ShareQueueOptions(
        instance: instance, spool: folder.path, entries: 10_000, diskBytes: 1 << 30, replicas: replicas)
    change(&options)
    var deskOptions = QueueDesk.Options()
    deskOptions.gatherFor = .milliseconds(5)
    let shares = try await ShareQueue(
        options, desk: QueueDesk(options: deskOptions), readiness: readiness, logger: Samples.silent)
    let group = ServiceGroup(services: [shares], logger: Samples.silent)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask(name: "queue of shares") { try await group.run() }
        do {
            try await body(shares)
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

extension ShareSink {
    /// Records a share and waits for what becomes of it.
    func record(_ share: PoolShare) async -> ShareOutcome {
        await withCheckedContinuation { continuation in
            record(share) { continuation.resume(returning: $0) }
        }
    }
}

/// Decides nothing before it is told to.
final class HeldShareSink: ShareSink {
    private struct State {
        var shares: [PoolShare] = []
        var waiting: [@Sendable (ShareOutcome) -> Void] = []
        var failure: String?
    }

    private let state = Mutex(State())

    var shares: [PoolShare] { state.withLock { $0.shares } }
    var pending: Int { state.withLock { $0.waiting.count } }
    var failure: String? { state.withLock { $0.failure } }

    /// From now on nothing will be recorded.
    func fail() { state.withLock { $0.failure = "the disk has failed" } }

    func record(_ share: PoolShare, done: @escaping @Sendable (ShareOutcome) -> Void) {
        state.withLock { state in
            state.shares.append(share)
            state.waiting.append(done)
        }
    }

    /// Decides the share that waits at a place.
    func decide(_ outcome: ShareOutcome, at index: Int = 0) {
        let done = state.withLock { $0.waiting.remove(at: index) }
        done(outcome)
    }
}

extension SegmentLogStore {
    /// Has the store say what one says whose entries were replicated.
    func markAsReplicated() async throws {
        var mark = ReplicaMark()
        mark.granted = TakeoverEpoch(number: 1, owner: MemberID(ofStore: origin))
        try await append([.mark(mark, of: origin)])
    }
}
