public import DurableQueue
public import GRDB
internal import Synchronization

// What an application does within its own transaction, on the connection that writes.
extension SQLiteStore {
    /// Completes entries together with what else the transaction does.
    ///
    /// What runs twice, because it took too long or the process died, meets this error the second time; let it roll the transaction back, so
    /// that its effect is there once.
    /// - Parameter keepingPayloads: whether the entries keep their payloads until they are forgotten, for readers; as
    ///   ``QueueConfiguration/keepsCompletedPayloads`` has it.
    /// - Throws: ``DurableQueueError/Code/unknownEntry`` when one of them is not there or has been completed or given up.
    public func complete(
        _ identities: [EntryIdentity], at time: Timestamp = QueueClock.system().now, keepingPayloads: Bool = false,
        in db: Database
    ) throws(DurableQueueError) {
        try within("completing entries", db) {
            for identity in identities {
                switch try rows.row(of: identity, in: db)?.stored.progress.status {
                case .waiting, .running: break
                case .completed, .dead, nil:
                    throw DurableQueueError(
                        .unknownEntry,
                        "completing the entry \(identity) in \(database.path) was refused: it is not there, or was completed or given up before; roll the "
                            + "transaction back, as its effect may be there already")
                }
            }
            try rows.apply(.complete(identities, at: time, keepsPayload: keepingPayloads), in: db)
        }
    }

    /// Makes the payload of an entry the application's own: it stays where it is when the entry is completed and forgotten, until
    /// ``releasePayload(_:in:)``.
    ///
    /// - Throws: ``DurableQueueError/Code/unknownEntry`` when the entry or its payload is not there, or it is empty.
    public func keepPayload(of identity: EntryIdentity, in db: Database) throws(DurableQueueError) -> BlobReference {
        try within("keeping a payload", db) {
            guard let place = try rows.row(of: identity, in: db)?.place else {
                throw DurableQueueError(
                    .unknownEntry,
                    "keeping the payload of \(identity) in \(database.path) was refused: it has left or is empty; keep it before the entry is completed"
                )
            }
            _ = try rows.count(1, keeping: place.blob, in: db)
            return place
        }
    }

    /// Writes a payload that entries are to refer to, whole or in parts; the application's own until ``releasePayload(_:in:)``.
    ///
    /// - Throws: ``DurableQueueError/Code/misconfigured`` for no bytes, which nothing can refer to.
    public func writePayload(_ bytes: [UInt8], in db: Database) throws(DurableQueueError) -> BlobReference {
        try within("writing a payload", db) {
            guard let place = try rows.write(bytes, in: db) else {
                throw DurableQueueError(
                    .misconfigured, "a payload of no bytes cannot be referred to: enqueue an empty one")
            }
            _ = try rows.count(1, keeping: place.blob, in: db)
            return place
        }
    }

    /// The bytes of a payload.
    ///
    /// - Throws: ``DurableQueueError/Code/unknownEntry`` when they are not there.
    public func payload(at place: BlobReference, in db: Database) throws(DurableQueueError) -> [UInt8] {
        do {
            if let bytes = try rows.read(place, in: db) { return bytes }
        } catch { throw DurableQueueError(error, while: "reading a payload", in: database.path) }
        throw unknown(place)
    }

    /// Gives up what ``keepPayload(of:in:)`` or ``writePayload(_:in:)`` returned: the bytes leave once no entry needs them.
    ///
    /// - Throws: ``DurableQueueError/Code/unknownEntry`` when it was given up before.
    public func releasePayload(_ place: BlobReference, in db: Database) throws(DurableQueueError) {
        try within("releasing a payload", db) {
            guard try rows.count(-1, keeping: place.blob, in: db) else { throw unknown(place) }
        }
    }

    private func unknown(_ place: BlobReference) -> DurableQueueError {
        DurableQueueError(
            .unknownEntry,
            "the bytes \(place.offset)..<\(place.offset + place.length) of blob \(place.blob) in \(database.path) are not there or not kept: "
                + "keep a payload for as long as it is referred to")
    }

    /// Does something within the caller's transaction, if what is committed there is on the disk.
    func within<Value>(
        _ doing: String, _ db: Database, _ body: () throws -> Value
    ) throws(DurableQueueError) -> Value {
        do {
            if let failure = state.withLock({ $0.status.failure }) { throw failure }
            guard db.isInsideTransaction else {
                throw DurableQueueError(
                    .misconfigured,
                    "\(doing) in \(database.path) was refused: there is no transaction; use `database.write { db in … }`"
                )
            }
            guard try db.isSynchronous() else {
                throw DurableQueueError(
                    .misconfigured,
                    "\(doing) in \(database.path) was refused: a commit would not be on the disk; leave the connection at PRAGMA synchronous = FULL, as "
                        + "the store has set it")
            }
            return try body()
        } catch { throw DurableQueueError(error, while: doing, in: database.path) }
    }

    /// Whether an entry was committed.
    func holds(_ identity: EntryIdentity) -> Bool { state.withLock { $0.table[identity] != nil } }
}
