public import FoundationEssentials
internal import Synchronization

/// A store in memory, for tests and for queues whose entries are worth nothing after the process.
public final class InMemoryStore: DurableStore {
    private struct State {
        var table = StoreTable<[UInt8]>()
        var history: [NumberedRecord] = []
        var position: UInt64 = 0
        var isClosed = false
    }

    /// The UUID given at the start.
    public let origin: UUID
    /// Always empty.
    public let recovery = Recovery()
    /// Nothing outlives the process.
    public let promise = StorePromise(
        survivesProcess: false, survivesPowerLoss: false, words: "in memory: gone with the process")

    private let thread: WorkerThread
    private let state = Mutex(State())

    /// How many records ``records(after:limit:)`` can go back.
    private static let historyCount = 4096

    /// An empty store.
    public init(origin: UUID = UUID()) throws(DurableQueueError) {
        self.origin = origin
        thread = try WorkerThread(name: "queue-memory")
    }

    deinit { thread.stop() }

    /// Takes records; both durabilities mean the same here.
    public func submit(
        _ records: [StoreRecord], until durability: Durability,
        done: @escaping @Sendable (DurableQueueError?) -> Void
    ) {
        thread.submit { [self] in
            let isClosed = state.withLock { state in
                guard !state.isClosed else { return true }
                for record in records { Self.apply(record, to: &state) }
                return false
            }
            done(isClosed ? .closedStore : nil)
        }
    }

    private static func apply(_ record: StoreRecord, to state: inout State) {
        let place: [UInt8]? =
            switch record {
            case .add(let entry): entry.payload
            case .keep(_, let payload): payload
            case .mark: []
            default: nil
            }
        state.position += 1
        state.history.append(NumberedRecord(number: state.position, record: record))
        if state.history.count > 2 * historyCount { state.history.removeFirst(historyCount) }
        state.table.apply(record, place: place)
    }

    /// The entries that are there.
    public func entries(_ identities: [EntryIdentity]) async throws(DurableQueueError) -> [Entry] {
        state.withLock { state in
            identities.compactMap { identity in
                guard let slot = state.table[identity], slot.stored.progress.hasPayload else { return nil }
                return Entry(header: slot.stored.header, payload: slot.place)
            }
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

    /// The records that follow a position.
    public func records(after position: UInt64, limit: Int) async throws(DurableQueueError) -> [NumberedRecord] {
        let found: [NumberedRecord]? = state.withLock { state in
            guard position < state.position else { return [] }
            guard let first = state.history.first?.number, first <= position + 1 else { return nil }
            return Array(state.history.dropFirst(Int(position + 1 - first)).prefix(limit))
        }
        guard let found else { throw .gone(position) }
        return found
    }

    /// What it holds.
    public var status: StoreStatus {
        state.withLock { state in
            var status = StoreStatus()
            status.entryCount = state.table.count
            return status
        }
    }

    /// Finishes what was submitted.
    public func close() async {
        await thread.run { [self] in state.withLock { $0.isClosed = true } }
    }
}

extension DurableQueueError {
    package static let closedStore = DurableQueueError(
        .closed, "the store was closed before this was handed over: open it anew")

    package static func gone(_ position: UInt64) -> DurableQueueError {
        DurableQueueError(
            .gone, "the records after \(position) have left the store: take a snapshot and go on from its position")
    }
}
