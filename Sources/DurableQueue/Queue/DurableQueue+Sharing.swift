internal import Synchronization

// What a transaction of the application does to the entries, beside the queue's own way to the store.
extension DurableQueue {
    /// What became of an intake that somebody else is to write.
    package enum SharedIntake: Sendable {
        /// A new entry, to be written; then say ``DurableQueue/endIntake(of:failure:)``.
        case new(Entry)
        /// An entry that is there already under this id; not yet acknowledged, it may still be refused.
        case known(EntryIdentity, isAcknowledged: Bool)
    }

    /// Takes an entry in that the caller writes to the store.
    package func beginIntake(
        id: EntryID?, key: String?, payload: [UInt8]
    ) throws(DurableQueueError) -> SharedIntake {
        try core.withLock { core throws(DurableQueueError) in
            guard !core.isClosed else { throw .closedQueue(configuration.name) }
            if let failure = core.storeFailure { throw failure }
            switch try core.state.enqueue(id: id, key: key, payload: payload, now: clock.now) {
            case .accepted(let identity, let actions):
                for case .store(let records, _, _) in actions {
                    guard case .add(let entry)? = records.first else { continue }
                    // The other members are sent it once it is written.
                    if core.isInGroup { core.shared[identity] = entry }
                    return .new(entry)
                }
                throw DurableQueueError(.unknownEntry, "the entry \(identity) was taken in without a record to write")
            case .known(let identity, let isAcknowledged): return .known(identity, isAcknowledged: isAcknowledged)
            case .notOwner: throw notOwner
            case .full: throw full
            }
        }
    }

    /// The entry is in the store, or was not written.
    package func endIntake(of identity: EntryIdentity, failure: DurableQueueError?) {
        perform { core in
            let entry = core.shared.removeValue(forKey: identity)
            if failure == nil, let entry { core.noteForGroup([.add(entry)]) }
            return failure.map { core.state.storeFailed(identity, $0) }
                ?? core.state.stored(identity, now: self.clock.now)
        }
    }

    /// Others have completed entries, and the store has it already.
    func noteCompletion(of identities: [EntryIdentity]) {
        perform { core in
            core.state.complete(identities, now: self.clock.now).filter { action in
                guard case .store(let records, _, _) = action else { return true }
                core.noteForGroup(records)
                return false
            }
        }
    }
}
