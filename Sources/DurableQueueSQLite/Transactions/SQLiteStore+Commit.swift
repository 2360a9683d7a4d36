internal import DurableQueue
internal import GRDB
internal import Glibc
internal import Synchronization

// What the store's own thread does, and what follows every commit.
extension SQLiteStore {
    /// Writes all that waits in one transaction, and tells everybody.
    func commit() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        if !waiting.isEmpty { commit(waiting) }
    }

    func commit(_ submissions: [Submission]) {
        defer { state.withLock { $0.groupEnd }?() }
        if let failure = state.withLock({ $0.status.failure }) { return submissions.forEach { $0.done(failure) } }
        var outcomes: [DurableQueueError?]
        do throws(DurableQueueError) {
            try write(submissions)
            outcomes = submissions.map { _ in nil }
        } catch {
            note(error)
            // Together they do not fit: one by one some may.
            outcomes =
                error.code == .diskFull && submissions.count > 1
                ? submissions.map(outcome) : submissions.map { _ in error }
            // Whatever of it was taken one by one.
            state.withLock { $0.status.refusal = error }
        }
        for (submission, outcome) in zip(submissions, outcomes) { submission.done(outcome) }
    }

    private func outcome(of submission: Submission) -> DurableQueueError? {
        if let failure = state.withLock({ $0.status.failure }) { return failure }
        do throws(DurableQueueError) { try write([submission]) } catch {
            note(error)
            return error
        }
        return nil
    }

    private func note(_ error: DurableQueueError) {
        guard !error.isPassing else { return }
        state.withLock { $0.status.failure = $0.status.failure ?? error }
    }

    /// Commits, and waits for other processes that are writing.
    private func write(_ submissions: [Submission]) throws(DurableQueueError) {
        let deadline = ContinuousClock.now + options.lockWait
        var pause = 1_000 as UInt32
        while true {
            do {
                return try writeOnce(submissions)
            } catch let error as DatabaseError
                where error.resultCode == .SQLITE_BUSY && ContinuousClock.now + .microseconds(pause) < deadline
            {
                usleep(UInt32.random(in: pause / 2...pause))
                pause = min(2 * pause, 100_000)
            } catch {
                throw DurableQueueError(error, while: "committing to the queue \(options.prefix)", in: database.path)
            }
        }
    }

    private func writeOnce(_ submissions: [Submission]) throws {
        let durability = submissions.map(\.durability).max() ?? .written
        let records = submissions.flatMap(\.records)
        let (position, isUnsynced) = state.withLock { ($0.position, $0.isUnsynced) }
        guard !records.isEmpty || durability == .synced && isUnsynced else { return }
        try database.writeWithoutTransaction { db in
            try db.setSynchronous(durability)
            state.withLock { $0.isCommitting = true }
            defer { state.withLock { $0.isCommitting = false } }
            // The application's own transactions are on the disk when they have returned.
            let result = Result {
                try db.inTransaction(.immediate) {
                    for record in records { try rows.apply(record, in: db) }
                    if records.isEmpty { try rows.touch(in: db) }
                    try rows.trimRecords(to: options.historyRecords, published: position, in: db)
                    return .commit
                }
            }
            try db.setSynchronous(.synced)
            try result.get()
            let size = try db.sizeInBytes()
            state.withLock { state in
                state.status.diskBytes = size
                state.isUnsynced = durability == .written
                if durability == .synced { state.status.synchronizations += 1 }
            }
        }
    }

    /// Lets readers see what was committed, and tells the queue what the application has completed.
    func publish(_ db: Database) {
        let position = state.withLock { $0.position }
        let records: [NumberedRecord]
        do {
            records = try rows.bareRecords(after: position, limit: .max, in: db)
        } catch {
            return note(DurableQueueError(error, while: "reading what was committed", in: database.path))
        }
        let (tell, completed) = state.withLock { state in
            var completed: [EntryIdentity] = []
            if !records.isEmpty { state.status.refusal = nil }
            for record in records {
                if case .complete(let identities, _, _) = record.record { completed += identities }
                state.apply(record.record)
                state.position = record.number
            }
            return state.isCommitting ? (nil, []) : (state.tell, completed)
        }
        if !completed.isEmpty { tell?(completed) }
    }
}

extension SQLiteStore.State {
    mutating func apply(_ record: StoreRecord) {
        var change = 0
        table.apply(record, place: SQLiteStore.Place()) { old, new in
            change += Self.payloadBytes(new) - Self.payloadBytes(old)
        }
        liveBytes += change
    }

    private static func payloadBytes(_ slot: StoreTable<SQLiteStore.Place>.Slot?) -> Int {
        guard let stored = slot?.stored, stored.progress.hasPayload else { return 0 }
        return stored.header.payloadBytes
    }
}
