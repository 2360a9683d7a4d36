internal import DurableQueue
internal import FoundationEssentials
internal import Synchronization

/// A store whose first records are held up on their way.
final class LateStore: DurableStore {
    private let store: InMemoryStore
    private let held = Mutex<(isOpen: Bool, submit: (@Sendable () -> Void)?)>((false, nil))

    /// - Parameter isOpen: whether it lets everything pass until ``holdNext()``.
    init(_ store: InMemoryStore, isOpen: Bool = false) {
        self.store = store
        held.withLock { $0.isOpen = isOpen }
    }

    /// Holds what comes next, once.
    func holdNext() { held.withLock { $0 = (false, nil) } }

    var isHolding: Bool { held.withLock { $0.submit != nil } }

    func letGo() {
        let submit = held.withLock { held in
            held.isOpen = true
            return held.submit
        }
        submit?()
    }

    var origin: UUID { store.origin }
    var promise: StorePromise { store.promise }
    var recovery: Recovery { store.recovery }
    var status: StoreStatus { store.status }

    func submit(
        _ records: [StoreRecord], until durability: Durability, done: @escaping @Sendable (DurableQueueError?) -> Void
    ) {
        let isHeld = held.withLock { held in
            guard !held.isOpen, held.submit == nil else { return false }
            held.submit = { [store] in store.submit(records, until: durability, done: done) }
            return true
        }
        if !isHeld { store.submit(records, until: durability, done: done) }
    }

    func entries(_ identities: [EntryIdentity]) async throws(DurableQueueError) -> [Entry] {
        try await store.entries(identities)
    }
    func entries(of origin: UUID, from sequence: UInt64, limit: Int) async -> [StoredEntry] {
        await store.entries(of: origin, from: sequence, limit: limit)
    }
    func snapshot() async -> StoreSnapshot { await store.snapshot() }
    func records(after position: UInt64, limit: Int) async throws(DurableQueueError) -> [NumberedRecord] {
        try await store.records(after: position, limit: limit)
    }
    func close() async { await store.close() }
}
