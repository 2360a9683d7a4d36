internal import Synchronization

/// Wakes one waiting task; rings while nobody waits count as one.
final class Doorbell: Sendable {
    private struct State {
        var rung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Wakes the waiter, or lets the next wait return at once.
    func ring() {
        let waiter = state.withLock { state in
            state.rung = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns at a ring, at the limit, or when the task is cancelled. One task at a time may wait.
    func wait(upTo limit: Duration) async {
        // It throws at the limit and when cancelled, and nothing else: both end the wait as a ring does.
        _ = try? await withDeadline(limit) { await self.wait() }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver = state.rung || Task.isCancelled
                    state.rung = false
                    if !isOver { state.waiter = continuation }
                    return isOver
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
