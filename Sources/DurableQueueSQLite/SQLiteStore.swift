public import DurableQueue
public import FoundationEssentials
public import GRDB
internal import Synchronization

/// A store in the application's own database: the rows of the queue are written by the transactions that write the application's.
///
/// The store works with the application's connection, and takes part in its transactions where it is given one:
///
/// ```swift
/// let database = try DatabasePool(path: "/var/lib/orders/orders.sqlite")
/// let queue = DurableQueue(store: try SQLiteStore(database: database), configuration: configuration)
///
/// // An order and the work on it are there both or not at all.
/// let receipt = try await database.write { db in
///     try order.insert(db)
///     return try queue.enqueue(id: EntryID(order.id), payload: scan, in: db)
/// }
///
/// try await queue.run { batch in
///     for delivery in batch {
///         let invoice = try render(delivery.payload)
///         try await database.write { db in
///             // The bytes stay where they are, and are the application's from now on.
///             let scan = try store.keepPayload(of: delivery.identity, in: db)
///             try invoice.insert(db, scan: scan)
///             // In one transaction with the effect: it is there exactly once, whatever dies.
///             try store.complete([delivery.identity], in: db)
///         }
///     }
/// }
/// ```
///
/// The queue learns by itself of what was committed so; nothing is to be called afterwards. What is rolled back has not happened.
///
/// The database has to be in WAL mode (a `DatabasePool` is); the store sets `synchronous = FULL` on the connection that writes and relies on
/// it, and refuses a transaction in which it is less. One process has the queue, which a lock file beside the database sees to; others may
/// read its tables (``SQLiteStoreOptions/prefix``), and the rest of the database is open to all.
public final class SQLiteStore: SharedStore, GroupingStore {
    /// The UUID written when the tables were made.
    public let origin: UUID
    /// What the tables are in.
    public let database: any DatabaseWriter
    /// The file of the database.
    public var place: String { database.path }
    /// Everything survives, as far as the disk keeps what it says it has.
    public let promise = StorePromise(
        survivesProcess: true, survivesPowerLoss: true,
        words:
            "in the application's database on this disk: survives the process and a loss of power, not the loss of the disk"
    )

    /// Nothing is needed to find a payload but the entry's identity.
    struct Place: Sendable {}

    struct Submission: Sendable {
        let records: [StoreRecord]
        let durability: Durability
        let done: @Sendable (DurableQueueError?) -> Void
    }

    struct State: Sendable {
        var table = StoreTable<Place>()
        /// The number of the last record that readers see.
        var position: UInt64 = 0
        var liveBytes = 0
        var waiting: [Submission] = []
        var status = StoreStatus()
        /// Whether something was committed that may not be on the disk.
        var isUnsynced = false
        /// Whether the transaction that is under way is the store's own.
        var isCommitting = false
        var tell: (@Sendable ([EntryIdentity]) -> Void)?
        var groupEnd: (@Sendable () -> Void)?
    }

    let options: SQLiteStoreOptions
    let rows: QueueRows
    let state: Mutex<State>
    private let found: Recovery
    private let observer: CommitObserver
    private let thread: WorkerThread
    private let readerThread: WorkerThread
    private let lock: any FileLock

    /// Opens the store of a database, making its tables where there are none. Blocks while it reads its entries.
    ///
    /// - Parameter database: the application's, which goes on using it and closes it after the store. Not to be called from within an access to it.
    /// - Throws: ``DurableQueueError/Code/misconfigured`` when the database is not in WAL mode, ``DurableQueueError/Code/locked`` when another
    ///   process has the queue or is writing, ``DurableQueueError/Code/corrupted``, ``DurableQueueError/Code/readOnly``,
    ///   ``DurableQueueError/Code/diskFull``.
    public init(
        database: any DatabaseWriter, options: SQLiteStoreOptions = SQLiteStoreOptions()
    ) throws(DurableQueueError) {
        let opened = try SQLiteOpening(database: database, options: options).open()
        self.database = database
        self.options = options
        (rows, origin, found, lock) = (opened.rows, opened.rows.origin, opened.recovery, opened.lock)
        state = Mutex(opened.state)
        thread = try WorkerThread(name: "queue-sqlite")
        readerThread = try WorkerThread(name: "queue-sqlite-read")
        observer = CommitObserver(table: opened.rows.tables.record)
        observer.didCommit = { [weak self] in self?.publish($0) }
        database.add(transactionObserver: observer)
    }

    deinit {
        thread.stop()
        readerThread.stop()
        lock.release()
    }

    /// Hands records to the store's thread, which commits all that have gathered in one transaction.
    public func submit(
        _ records: [StoreRecord], until durability: Durability,
        done: @escaping @Sendable (DurableQueueError?) -> Void
    ) {
        let isFirst = state.withLock { state in
            state.waiting.append(Submission(records: records, durability: durability, done: done))
            return state.waiting.count == 1
        }
        if isFirst { thread.submit { self.commit() } }
    }

    /// What was found at opening. The entries are those that it holds by now.
    public var recovery: Recovery {
        var recovery = found
        (recovery.entries, recovery.marks) = state.withLock { ($0.table.all, $0.table.marks.mapValues(\.mark)) }
        recovery.recordCount = recovery.entries.count + recovery.marks.count
        return recovery
    }

    /// Says from now on what transactions of the application have completed.
    public func onCompletion(_ tell: @escaping @Sendable ([EntryIdentity]) -> Void) {
        state.withLock { $0.tell = tell }
    }

    /// Calls `end` from now on after all of a commit were told.
    public func onGroupEnd(_ end: @escaping @Sendable () -> Void) { state.withLock { $0.groupEnd = end } }

    /// Entries with their payloads, read by a thread of its own.
    public func entries(_ identities: [EntryIdentity]) async throws(DurableQueueError) -> [Entry] {
        try await read("reading entries") { [rows] db in
            try identities.compactMap { try rows.entry($0, in: db) }
        }
    }

    /// The entries of an origin from a sequence on.
    public func entries(of origin: UUID, from sequence: UInt64, limit: Int) async -> [StoredEntry] {
        state.withLock { state in
            state.table.entries(of: origin, from: sequence, limit: limit)
        }
    }

    /// All that is there.
    public func snapshot() async -> StoreSnapshot {
        state.withLock {
            StoreSnapshot(position: $0.position, entries: $0.table.all, marks: $0.table.marks.mapValues(\.mark))
        }
    }

    /// The records that follow a position, read by a thread of its own. Of an entry whose payload has left by now, the record is a
    /// ``StoreRecord/keep(_:payload:)`` that says so.
    public func records(after position: UInt64, limit: Int) async throws(DurableQueueError) -> [NumberedRecord] {
        guard position < state.withLock({ $0.position }) else { return [] }
        let found: [NumberedRecord]? = try await read("reading records") { [rows] db in
            guard let numbers = try rows.recordNumbers(in: db), numbers.lowerBound <= position + 1 else { return nil }
            return try rows.records(after: position, limit: limit, in: db)
        }
        guard let found else { throw .gone(position) }
        return found
    }

    private func read<Value: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(DurableQueueError) -> Value {
        let result: Result<Value, DurableQueueError> = await readerThread.run { [database] in
            do { return .success(try database.read(body)) } catch {
                return .failure(DurableQueueError(error, while: doing, in: database.path))
            }
        }
        return try result.get()
    }

    /// What it holds and takes; the bytes on the disk are those of the whole database.
    public var status: StoreStatus {
        state.withLock { state in
            var status = state.status
            (status.entryCount, status.liveBytes) = (state.table.count, state.liveBytes)
            return status
        }
    }

    /// Finishes what was submitted, forces it to the disk and lets go of the queue. The database stays open.
    public func close() async {
        await thread.run { self.finish() }
    }

    private func finish() {
        commit()
        let isOpen = state.withLock { $0.status.failure == nil }
        guard isOpen else { return lock.release() }
        commit([Submission(records: [], durability: .synced, done: { _ in })])
        state.withLock { $0.status.failure = $0.status.failure ?? .closedStore }
        database.remove(transactionObserver: observer)
        lock.release()
    }
}
