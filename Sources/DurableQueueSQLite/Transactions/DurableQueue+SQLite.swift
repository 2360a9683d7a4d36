public import DurableQueue
public import GRDB

// Taking entries in within a transaction of the application.
extension DurableQueue {
    /// Takes an entry in together with what else the transaction does; it runs once that is committed.
    ///
    /// The commit is what makes it safe. A queue that replicates acknowledges nobody here: the entry runs once enough members have it.
    /// - Parameters:
    ///   - id: what it is known by; the same again is the same entry. Nil has one made.
    ///   - key: entries with one key run in order, where the queue is ordered.
    ///   - payload: what the handler gets.
    ///   - db: the connection that writes, within a transaction, of the database that the queue's ``SQLiteStore`` is in.
    /// - Throws: ``DurableQueueError``; whatever the code, nothing was taken. ``DurableQueueError/Code/full`` at the bound, where it never waits.
    public func enqueue(
        id: EntryID? = nil, key: String? = nil, payload: [UInt8], in db: Database
    ) throws(DurableQueueError) -> Receipt {
        try enqueue(id: id, key: key, payload: payload, at: nil, in: db)
    }

    /// The same with a payload that is written already, by ``SQLiteStore/writePayload(_:in:)`` or another entry: it is referred to, and
    /// not written again.
    public func enqueue(
        id: EntryID? = nil, key: String? = nil, payload place: BlobReference, in db: Database
    ) throws(DurableQueueError) -> Receipt {
        let payload = try sharedStore.payload(at: place, in: db)
        return try enqueue(id: id, key: key, payload: payload, at: place, in: db)
    }

    private var sharedStore: SQLiteStore {
        get throws(DurableQueueError) {
            guard let store = store as? SQLiteStore else {
                throw DurableQueueError(
                    .misconfigured,
                    "the store of \(configuration.name) is not in a database: make the queue with a SQLiteStore, or enqueue outside of transactions"
                )
            }
            return store
        }
    }

    private func enqueue(
        id: EntryID?, key: String?, payload: [UInt8], at place: BlobReference?, in db: Database
    ) throws(DurableQueueError) -> Receipt {
        let store = try sharedStore
        switch try beginIntake(id: id, key: key, payload: payload) {
        case .known(let identity, let isAcknowledged):
            // Not acknowledged, it may be an earlier one of this transaction, which stands and falls with it.
            let isThere = try store.within("looking for an entry", db) {
                try isAcknowledged || store.rows.row(of: identity, in: db) != nil
            }
            guard isThere else {
                throw DurableQueueError(
                    .locked,
                    "an entry with the id “\(id?.text ?? "")” is just being taken into \(configuration.name), and may still be refused: try again "
                        + "in a moment")
            }
            return Receipt(identity: identity, isKnown: true)
        case .new(let entry):
            do throws(DurableQueueError) {
                try store.within("taking an entry in", db) {
                    try store.rows.apply(.add(entry), payload: place, in: db)
                }
            } catch {
                endIntake(of: entry.identity, failure: error)
                throw error
            }
            settle(entry.identity, store, db)
            return Receipt(identity: entry.identity, isKnown: false)
        }
    }

    private func settle(_ identity: EntryIdentity, _ store: SQLiteStore, _ db: Database) {
        let rolledBack = DurableQueueError(.closed, "the transaction with the entry was rolled back")
        db.afterNextTransaction { [weak self] db in
            // What a savepoint took back is not there, though the transaction was committed.
            store.publish(db)
            self?.endIntake(of: identity, failure: store.holds(identity) ? nil : rolledBack)
        } onRollback: { [weak self] _ in
            self?.endIntake(of: identity, failure: rolledBack)
        }
    }
}
