internal import FoundationEssentials
internal import Synchronization

/// What those who read a queue from outside share: whom to wake, and how far each origin is done with, so that nothing is looked at twice.
final class QueueReaders: Sendable {
    private struct State {
        var generation: UInt64 = 0
        var lastTicket: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        /// Everything up to here is completed, or will never be.
        var completed: [UUID: UInt64] = [:]
        /// Everything up to here is acknowledged, or will never be.
        var acknowledged: [UUID: UInt64] = [:]
    }

    private let state = Mutex(State())

    /// Counts the rings.
    var generation: UInt64 { state.withLock { $0.generation } }

    /// Wakes all who wait.
    func ring() {
        let waiting = state.withLock { state in
            state.generation += 1
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Waits for a ring since `generation` was read.
    ///
    /// - Returns: whether there was one; not when the time was over or the task was cancelled before.
    func wait(after generation: UInt64, within time: Duration) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(after: generation) }
            group.addTask {
                // Cancelled once the ring has come.
                try? await Task.sleep(for: time)
            }
            await group.next()
            group.cancelAll()
        }
        return self.generation != generation
    }

    private func wait(after generation: UInt64) async {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.generation == generation, !Task.isCancelled else { return false }
                    state.waiting[ticket] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }

    func completedThrough(_ origin: UUID) -> UInt64 { state.withLock { $0.completed[origin] ?? 0 } }

    func noteCompleted(_ origin: UUID, through sequence: UInt64) {
        state.withLock { $0.completed[origin] = max($0.completed[origin] ?? 0, sequence) }
    }

    func acknowledgedThrough(_ origin: UUID) -> UInt64 { state.withLock { $0.acknowledged[origin] ?? 0 } }

    func noteAcknowledged(_ origin: UUID, through sequence: UInt64) {
        state.withLock { $0.acknowledged[origin] = max($0.acknowledged[origin] ?? 0, sequence) }
    }
}
