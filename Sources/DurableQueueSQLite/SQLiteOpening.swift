internal import DurableQueue
internal import FoundationEssentials
internal import GRDB

/// What is looked at, made and read before a store can be used.
struct SQLiteOpening {
    let database: any DatabaseWriter
    let options: SQLiteStoreOptions

    struct Opened {
        let rows: QueueRows
        let recovery: Recovery
        let lock: any FileLock
        let state: SQLiteStore.State
    }

    func open() throws(DurableQueueError) -> Opened {
        let tables = try QueueTables(prefix: options.prefix)
        do {
            try checkConfiguration()
        } catch { throw DurableQueueError(error, while: "opening the queue \(options.prefix)", in: database.path) }
        let lock = try hold()
        do {
            return try database.writeWithoutTransaction { db in
                try db.setSynchronous(.synced)
                var origin: UUID?
                try db.inTransaction(.immediate) {
                    origin = try tables.prepare(db)
                    return .commit
                }
                return try read(tables, origin: origin ?? UUID(), lock, in: db)
            }
        } catch {
            lock.release()
            throw DurableQueueError(error, while: "opening the queue \(options.prefix)", in: database.path)
        }
    }

    private func read(_ tables: QueueTables, origin: UUID, _ lock: any FileLock, in db: Database) throws -> Opened {
        let rows = QueueRows(tables: tables, coding: RecordCoding(origin: origin), origin: origin)
        var state = SQLiteStore.State()
        for record in try rows.everything(in: db) { state.apply(record) }
        state.position = try rows.recordNumbers(in: db)?.upperBound ?? 0
        state.status.diskBytes = try db.sizeInBytes()
        var recovery = Recovery()
        recovery.highestSequence = try rows.highestSequence(in: db)
        state.table.noteSequence(recovery.highestSequence, of: origin)
        return Opened(rows: rows, recovery: recovery, lock: lock, state: state)
    }

    private func checkConfiguration() throws {
        let path = database.path
        try database.writeWithoutTransaction { db in
            if database.configuration.readonly {
                throw DurableQueueError(
                    .readOnly,
                    "opening the queue in \(path) was refused: the database was opened read-only; open it for writing")
            }
            let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "none"
            guard mode == "wal" else {
                throw DurableQueueError(
                    .misconfigured,
                    "opening the queue in \(path) was refused: its journal mode is “\(mode)”, in which a commit may be lost with the power or is slow; "
                        + "open it as a DatabasePool, or with the configuration's journalMode = .wal")
            }
        }
    }

    private func hold() throws(DurableQueueError) -> any FileLock {
        let path = "\(database.path)-\(options.prefix)lock"
        let lock: (any FileLock)?
        do throws(FileSystemError) { lock = try PosixFileSystem().lock(path) } catch {
            throw DurableQueueError(
                error.kind == .notWritable ? .readOnly : .inputOutput,
                "opening the queue \(options.prefix) failed: \(error); let this process write beside the database",
                cause: error)
        }
        guard let lock else {
            throw DurableQueueError(
                .locked,
                "opening the queue \(options.prefix) in \(database.path) was refused: another process has it, or this one has opened it before; give "
                    + "each instance a database of its own, or another prefix")
        }
        return lock
    }
}

extension Database {
    /// How much a commit on this connection waits for. Cannot be changed within a transaction.
    func setSynchronous(_ durability: Durability) throws {
        try execute(sql: "PRAGMA synchronous = \(durability == .synced ? "FULL" : "NORMAL")")
    }

    /// Whether a commit on this connection is on the disk when it has returned.
    func isSynchronous() throws -> Bool { try Int.fetchOne(self, sql: "PRAGMA synchronous") ?? 0 >= 2 }

    func sizeInBytes() throws -> Int {
        try (Int.fetchOne(self, sql: "PRAGMA page_count") ?? 0) * (Int.fetchOne(self, sql: "PRAGMA page_size") ?? 0)
    }
}
