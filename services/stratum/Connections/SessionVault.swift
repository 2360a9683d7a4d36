internal import Stratum
internal import Synchronization

/// Sessions of connections that have ended, for miners that come back; each is handed out once.
final class SessionVault: Sendable {
    private struct Entry {
        var memory: SessionMemory
        var since: ContinuousClock.Instant
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// In the order in which they came; some of them may be gone.
        var order: [(session: String, since: ContinuousClock.Instant)] = []
    }

    private let countLimit: Int
    private let ageLimit: Duration
    private let state = Mutex(State())

    /// An empty vault.
    init(countLimit: Int, ageLimit: Duration) {
        self.countLimit = countLimit
        self.ageLimit = ageLimit
    }

    /// How many sessions are kept.
    var count: Int { state.withLock { $0.entries.count } }

    /// Keeps a session; the oldest go when there are too many.
    func keep(_ memory: SessionMemory, now: ContinuousClock.Instant) {
        state.withLock { state in
            state.entries[memory.session] = Entry(memory: memory, since: now)
            state.order.append((memory.session, now))
            let isOld = { (since: ContinuousClock.Instant) in now - since >= self.ageLimit }
            while let first = state.order.first, isOld(first.since) || state.order.count > countLimit {
                state.order.removeFirst()
                // The same session may have come again since.
                if state.entries[first.session]?.since == first.since { state.entries[first.session] = nil }
            }
        }
    }

    /// Hands a session out and forgets it.
    func take(_ session: String, now: ContinuousClock.Instant) -> SessionMemory? {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: session), now - entry.since < ageLimit else {
                return nil
            }
            return entry.memory
        }
    }
}
