internal import Mining
internal import Synchronization

@testable internal import jobmanager

/// A store in memory that can be taken away.
final class MemoryStore: JobStore {
    struct Unavailable: Error {}

    private struct State {
        var jobs: [String: Job] = [:]
        var isAway = false
        var attempts = 0
    }

    private let state = Mutex(State())

    func store(_ job: Job) async throws {
        try state.withLock { state in
            state.attempts += 1
            if state.isAway { throw Unavailable() }
            state.jobs[job.id] = job
        }
    }

    func load(_ id: String) async throws -> Job? {
        try state.withLock { state in
            if state.isAway { throw Unavailable() }
            return state.jobs[id]
        }
    }

    /// Takes the store away or brings it back.
    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    /// The ids that are stored.
    var storedIDs: Set<String> { state.withLock { Set($0.jobs.keys) } }

    /// How often storing was tried.
    var attempts: Int { state.withLock { $0.attempts } }
}

/// Keeps what was published, in order, and whether that is suspended.
final class RecordingPublisher: JobPublisher {
    private struct State {
        var jobs: [Job] = []
        var suspension: String?
    }

    private let state = Mutex(State())

    func publish(_ job: Job) async {
        state.withLock {
            $0.jobs.append(job)
            $0.suspension = nil
        }
    }

    func suspend(_ reason: String) async { state.withLock { $0.suspension = reason } }

    func resume() async { state.withLock { $0.suspension = nil } }

    /// What was published so far.
    var jobs: [Job] { state.withLock { $0.jobs } }

    /// Why the last job does not count at the moment; nil while it does.
    var suspension: String? { state.withLock { $0.suspension } }
}
