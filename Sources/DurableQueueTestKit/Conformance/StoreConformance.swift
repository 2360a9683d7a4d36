public import DurableQueue
internal import FoundationEssentials

/// What every store has to do. The only test body of all of them: a test runs each rule against a store of its own.
public struct StoreConformance: Sendable {
    /// One thing that a store has to do.
    public enum Rule: String, CaseIterable, Sendable {
        case acknowledgedEntriesCanBeRead
        case addingAgainChangesNothing
        case textsAndPayloadsOfAnyKindComeBack
        case keepingPutsAllThereIsInPlace
        case marksAreReplacedByOrigin
        case progressIsThatOfTheRecords
        case recordsAboutUnknownEntriesChangeNothing
        case completedPayloadsLeaveUnlessKept
        case forgottenEntriesAreGone
        case entriesOfAnOriginComeInOrder
        case entriesOfOtherOriginsAreKeptApart
        case snapshotAndWhatFollowsMakeTheWhole
        case recordsAreNumberedWithoutHoles
        case callersAreNeverCalledFromWithin
        case concurrentAppendsAreAllThere
        case recordsTakeEffectInTheOrderOfSubmission
        case largePayloadsComeBackWhole
        case refusalsAreSaidUntilSomethingIsTaken
        case closedStoresTakeNothing
        case reopenedStoresHoldTheSame
        case sequencesAreRememberedWhenAllIsForgotten
    }

    /// A rule that a store broke.
    public struct Failure: Error, CustomStringConvertible {
        /// What was expected and what was found.
        public let description: String
    }

    private let open: @Sendable () async throws -> any DurableStore
    let refuse: (@Sendable (Bool) async throws -> Void)?

    /// The suite for one place.
    ///
    /// - Parameters:
    ///   - refuse: makes the place read-only, or writable again; nil where nothing does.
    ///   - open: opens the store of the place, an empty one at first; called again after a store was closed.
    public init(
        refuse: (@Sendable (Bool) async throws -> Void)? = nil,
        open: @escaping @Sendable () async throws -> any DurableStore
    ) {
        (self.refuse, self.open) = (refuse, open)
    }

    /// Checks one rule, on a place where nothing was done before.
    public func check(_ rule: Rule) async throws {
        let store = try await open()
        switch rule {
        case .acknowledgedEntriesCanBeRead: try await read(store)
        case .addingAgainChangesNothing: try await addAgain(store)
        case .textsAndPayloadsOfAnyKindComeBack: try await texts(store)
        case .keepingPutsAllThereIsInPlace: try await keeping(store)
        case .marksAreReplacedByOrigin: try await marks(store)
        case .progressIsThatOfTheRecords: try await progress(store)
        case .recordsAboutUnknownEntriesChangeNothing: try await unknown(store)
        case .completedPayloadsLeaveUnlessKept: try await completed(store)
        case .forgottenEntriesAreGone: try await forgotten(store)
        case .entriesOfAnOriginComeInOrder: try await order(store)
        case .entriesOfOtherOriginsAreKeptApart: try await origins(store)
        case .snapshotAndWhatFollowsMakeTheWhole: try await following(store)
        case .recordsAreNumberedWithoutHoles: try await numbers(store)
        case .callersAreNeverCalledFromWithin: try await within(store)
        case .concurrentAppendsAreAllThere: try await concurrent(store)
        case .recordsTakeEffectInTheOrderOfSubmission: try await inOrder(store)
        case .largePayloadsComeBackWhole: try await large(store)
        case .refusalsAreSaidUntilSomethingIsTaken: try await refusals(store)
        case .closedStoresTakeNothing: try await closed(store)
        case .reopenedStoresHoldTheSame: try await reopened(store)
        case .sequencesAreRememberedWhenAllIsForgotten: try await sequences(store)
        }
        await store.close()
    }

    func reopen(_ store: any DurableStore) async throws -> any DurableStore {
        await store.close()
        return try await open()
    }

    func expect<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
        guard found != expected else { return }
        throw Failure(description: "\(what): found \(found), expected \(expected)")
    }

    func entry(_ sequence: UInt64, of origin: UUID, payload: [UInt8] = [7, 0, 255]) -> Entry {
        Entry(
            identity: EntryIdentity(origin: origin, sequence: sequence), id: EntryID("id \(sequence) of \(origin)"),
            key: sequence % 2 == 0 ? "key" : nil,
            enqueued: Timestamp(milliseconds: 1_700_000_000_000 + Int64(sequence)),
            payload: payload + [UInt8(truncatingIfNeeded: sequence)])
    }

    func add(_ count: UInt64, to store: any DurableStore) async throws -> [Entry] {
        let entries = (1...count).map { entry($0, of: store.origin) }
        try await store.append(entries.map { .add($0) })
        return entries
    }

    func model(_ records: [StoreRecord]) -> StoreModel {
        records.reduce(into: StoreModel()) { $0.apply($1) }
    }
}
