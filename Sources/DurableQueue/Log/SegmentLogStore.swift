public import FoundationEssentials
internal import Synchronization

/// The store that a queue has if nothing else is asked for: records in append-only segments of one locked folder.
///
/// A thread of its own writes what has gathered while it forced the last batch to the disk, and forces it there at once for all that wait.
public final class SegmentLogStore: GroupingStore {
    /// The UUID written when the folder was made.
    public let origin: UUID
    /// The folder.
    public let folder: String
    /// The folder.
    public var place: String { folder }
    /// Everything survives, as far as the disk keeps what it says it has.
    public let promise = StorePromise(
        survivesProcess: true, survivesPowerLoss: true,
        words: "on this disk: survives the process and a loss of power, not the loss of the disk")

    struct Submission: Sendable {
        let records: [StoreRecord]
        let durability: Durability
        let done: @Sendable (DurableQueueError?) -> Void
    }

    private struct State {
        var waiting: [Submission] = []
        var status = StoreStatus()
        var groupEnd: (@Sendable () -> Void)?
        /// How many a commit waits for a moment to be handed over; 0 while none waits.
        var expected = 0
    }

    /// Without the entries, which would be in memory twice.
    private let found: Recovery
    let index: SharedLogIndex
    let reader: LogReader
    private let committer: LogCommitter
    /// Used by the log's thread alone.
    nonisolated(unsafe) private var gathering = Gathering()
    private let arrivals = ThreadBell()
    private let thread: WorkerThread
    private let readerThread: WorkerThread
    private let lock: any FileLock
    private let state = Mutex(State())

    /// Opens the store of a folder, making it where there is none, and recovers what is there.
    ///
    /// Reads all of it, so call it from where blocking for a while does no harm.
    /// - Throws: ``DurableQueueError/Code/locked`` when another process holds it, ``DurableQueueError/Code/corrupted`` when something that was
    ///   acknowledged is not there, and what the file system refuses.
    public init(
        folder: String, options: SegmentLogOptions = SegmentLogOptions(), fileSystem: any FileSystem = PosixFileSystem()
    ) throws(DurableQueueError) {
        let opened = try LogFolder(path: folder, fileSystem: fileSystem).open(options)
        self.folder = folder
        origin = opened.log.coding.origin
        found = opened.recovery
        lock = opened.lock
        index = opened.log.index
        reader = LogReader(index: index, coding: opened.log.coding)
        committer = LogCommitter(log: opened.log)
        thread = try WorkerThread(name: "queue-log")
        readerThread = try WorkerThread(name: "queue-read")
    }

    deinit {
        thread.stop()
        readerThread.stop()
        lock.release()
    }

    /// Hands records to the log's thread.
    public func submit(
        _ records: [StoreRecord], until durability: Durability,
        done: @escaping @Sendable (DurableQueueError?) -> Void
    ) {
        let (isFirst, isLast) = state.withLock { state in
            state.waiting.append(Submission(records: records, durability: durability, done: done))
            return (state.waiting.count == 1, state.waiting.count == state.expected)
        }
        if isFirst { thread.submit { self.commit() } }
        if isLast { arrivals.ring() }
    }

    /// What was found at opening. The entries are those that it holds by now.
    public var recovery: Recovery {
        var recovery = found
        (recovery.entries, recovery.marks) = index.with { ($0.table.all, $0.table.marks.mapValues(\.mark)) }
        return recovery
    }

    private func commit() {
        if let (count, limit) = gathering.plan(waiting: state.withLock { $0.waiting.count }) {
            let isThere = state.withLock { state in
                state.expected = count
                return state.waiting.count >= count
            }
            if !isThere { arrivals.wait(atMost: limit) }
        }
        let waiting = state.withLock { state in
            defer { (state.waiting, state.expected) = ([], 0) }
            return state.waiting
        }
        let start = ContinuousClock.now
        let outcome = committer.commit(waiting)
        // Before anybody is told: who is refused may ask why.
        let groupEnd = noteStatus()
        outcome.tell()
        groupEnd?()
        gathering.committed(
            waiting.count, in: ContinuousClock.now - start, leaving: state.withLock { $0.waiting.count })
        compact()
    }

    /// Does a step of the compaction, and goes on with it by itself while entries are refused for want of space: nothing may come that would.
    private func compact() {
        committer.compact()
        _ = noteStatus()
        if committer.isShortOfSpace { thread.submit { self.compact() } }
    }

    /// Calls `end` from now on after all of a commit were told.
    public func onGroupEnd(_ end: @escaping @Sendable () -> Void) { state.withLock { $0.groupEnd = end } }

    /// Who is to know that all were told.
    private func noteStatus() -> (@Sendable () -> Void)? {
        let (failure, postponed, refusal) = (committer.failure, committer.postponed, committer.refusal)
        let count = committer.log.synchronizations
        return state.withLock { state in
            state.status.failure = failure
            state.status.postponedCompaction = postponed
            state.status.refusal = refusal
            state.status.synchronizations = count
            return state.groupEnd
        }
    }

    /// Entries with their payloads, read by a thread of its own.
    public func entries(_ identities: [EntryIdentity]) async throws(DurableQueueError) -> [Entry] {
        try await readerThread.run { [reader] in reader.entries(identities) }.get()
    }

    /// The entries of an origin from a sequence on.
    public func entries(of origin: UUID, from sequence: UInt64, limit: Int) async -> [StoredEntry] {
        index.with { index in
            index.table.entries(of: origin, from: sequence, limit: limit)
        }
    }

    /// All that is there.
    public func snapshot() async -> StoreSnapshot {
        index.with {
            StoreSnapshot(position: $0.position, entries: $0.table.all, marks: $0.table.marks.mapValues(\.mark))
        }
    }

    /// The records that follow a position, read by a thread of its own.
    public func records(after position: UInt64, limit: Int) async throws(DurableQueueError) -> [NumberedRecord] {
        try await readerThread.run { [reader] in reader.records(after: position, limit: limit) }.get()
    }

    /// What it holds and takes.
    public var status: StoreStatus {
        var status = state.withLock { $0.status }
        (status.entryCount, status.diskBytes, status.liveBytes) = index.with {
            ($0.table.count, $0.diskBytes, $0.liveBytes)
        }
        return status
    }

    /// Finishes what was submitted, forces it to the disk and lets go of the folder.
    public func close() async {
        await thread.run { self.finish() }
    }

    private func finish() {
        commit()
        committer.close()
        _ = noteStatus()
        lock.release()
    }

    /// Closes the store and removes its folder with everything in it. For one that was adopted and has nothing left to do.
    ///
    /// The folder is held until nothing is left in it: who opens it meanwhile is told so, and who opens it later begins another queue.
    /// - Throws: ``DurableQueueError/Code/closed`` when it was closed before, since somebody else may have it by now; and what the file
    ///   system refuses, which leaves what is no queue any more and is removed by whoever opens the folder next.
    public func destroy() async throws(DurableQueueError) {
        try await thread.run { [self] () -> Result<Void, DurableQueueError> in
            guard !committer.isClosed else { return .failure(.closedStore) }
            commit()
            committer.close()
            _ = noteStatus()
            defer { lock.release() }
            return LogFolder(path: folder, fileSystem: committer.log.fileSystem).remove()
        }.get()
    }
}
