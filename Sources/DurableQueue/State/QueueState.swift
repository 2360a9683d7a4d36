internal import DequeModule
public import FoundationEssentials
public import Mesh

/// A queue without I/O: what it holds, what runs next, what is to be written, replicated, acknowledged.
///
/// Events go in with the time; what has to be done comes out as actions, to be done in their order. Randomness is that of the generator
/// given at the start. The life of an entry: taken in, stored, replicated as the mode asks, acknowledged, run, completed, forgotten.
public struct QueueState: Sendable {
    /// What has to be done.
    public enum Action: Sendable, Hashable {
        /// Hand these to the store; for an intake, say ``QueueState/stored(_:now:)`` or ``QueueState/storeFailed(_:_:)`` of it.
        case store([StoreRecord], until: Durability, intake: EntryIdentity?)
        /// Tell whoever waits for it that the entry is safe.
        case acknowledge(EntryIdentity)
        /// Tell whoever waits for it that the entry was not taken.
        case reject(EntryIdentity, code: DurableQueueError.Code, message: String)
        /// There may be room for intakes that wait.
        case admit
        /// There may be a batch to run.
        case dispatch
    }

    /// What became of an intake.
    public enum Intake: Sendable {
        /// A new entry.
        case accepted(EntryIdentity, [Action])
        /// An entry that is there already under this id.
        case known(EntryIdentity, isAcknowledged: Bool)
        /// No room; nothing was taken.
        case full
        /// The entries of this store are another member's at present, or nobody's; nothing was taken.
        case notOwner
    }

    enum Phase: Hashable, Sendable {
        /// Being written.
        case storing
        /// Being written, and taken back as soon as it is.
        case withdrawing
        /// Waiting for members.
        case replicating
        /// Of an origin that is not owned here: held for the member that runs it.
        case foreign
        case ready
        case running
        case backingOff(until: Timestamp)
        case completed
        case dead
    }

    struct Item: Sendable {
        let header: EntryHeader
        var payload: [UInt8]?
        var phase: Phase
        var progress: EntryProgress
        /// Taken in by this process, which has not acknowledged it. Of what the store had before nobody knows that.
        var isUnacknowledged = false

        mutating func makeReady() {
            phase = .ready
            isUnacknowledged = false
        }
    }

    /// The store that it takes entries in for.
    public let origin: UUID
    /// How it behaves.
    public let configuration: QueueConfiguration

    var random: MeshRandom
    var items = EntryMap<Item>()
    /// What ids stand for, but for those that were made from ``firstUnnamed`` on.
    var ids: [EntryID: EntryIdentity] = [:]
    var firstUnnamed: UInt64
    var nextSequence: UInt64
    /// By origin, because who may run differs.
    var lanes: [UUID: Lanes] = [:]
    /// The origins whose entries run here, in the order in which they take turns.
    var owned: [UUID] = []
    var retries = RetryQueue()
    /// What was completed, until it is forgotten.
    var remembered = Remembrance()
    /// In the order of intake; what is done with is passed over.
    var intakeOrder: Deque<EntryIdentity> = []
    /// The sequences of this store that may still be acknowledged, from the lowest on; what is decided is passed over.
    var undecided: Deque<UInt64> = []
    var running: Set<EntryIdentity> = []
    var runningBatches = 0
    /// An entry that has failed or crashed before runs alone, so that it cannot drag others down with it.
    var isRunningSuspect = false
    var residentBytes = 0
    /// What counts against the bounds.
    var load = Load()
    /// Where every member runs everything: what is over for all.
    var everywhere = Everywhere()

    /// For each origin, entries that are neither completed nor dead.
    public internal(set) var depths: [UUID: Int] = [:]

    struct Load: Sendable {
        var entries = 0
        var bytes = 0
        var dead = 0
    }

    /// A queue with nothing in it, or with what a store recovered; the actions are what to do about that.
    public static func starting(
        origin: UUID, configuration: QueueConfiguration, recovery: Recovery, random: MeshRandom, now: Timestamp
    ) -> (QueueState, [Action]) {
        var state = QueueState(
            origin: origin, configuration: configuration, random: random,
            nextSequence: recovery.highestSequence + 1)
        // In a group the entries have to be claimed first, those of the own store too.
        if !configuration.isReplicated { state.owned = state.origins(in: recovery.entries) }
        guard configuration.mode == .replicationOnly else {
            let actions = state.recover(recovery.entries, now: now)
            return (state, actions)
        }
        state.recoverFloors(recovery.marks)
        // What was not run yet may not have been acknowledged: who asks again is to wait until all who are there have it.
        state.owned.removeAll { $0 == origin }
        var actions = state.recover(recovery.entries, now: now)
        actions += state.own(origin, replicatesFirst: true, now: now).actions
        return (state, actions)
    }

    private init(origin: UUID, configuration: QueueConfiguration, random: MeshRandom, nextSequence: UInt64) {
        self.origin = origin
        self.configuration = configuration
        self.random = random
        self.nextSequence = nextSequence
        firstUnnamed = nextSequence
    }

    /// When something is due that no event announces: a retry, or ids to forget.
    public var nextDue: Timestamp? {
        [retries.earliest, nextForgetting].compactMap { $0 }.min()
    }

    /// Lets time pass.
    public mutating func tick(now: Timestamp) -> [Action] {
        var actions: [Action] = []
        while let identity = retries.popDue(now: now) {
            guard case .backingOff(let until) = items[identity]?.phase, until <= now else { continue }
            makeReady(identity)
            actions = [.dispatch]
        }
        return actions + forgetDue(now: now)
    }

    mutating func remove(_ identity: EntryIdentity) {
        guard let item = items.remove(identity) else { return }
        unname(item.header)
        residentBytes -= item.payload?.count ?? 0
    }

    mutating func dropPayload(_ identity: EntryIdentity) {
        residentBytes -= items[identity]?.payload?.count ?? 0
        items[identity]?.payload = nil
    }

    mutating func countIn(_ header: EntryHeader) {
        load.entries += 1
        load.bytes += header.payloadBytes
        depths[header.identity.origin, default: 0] += 1
        intakeOrder.append(header.identity)
        // Nobody may ever ask for the oldest: what is done with must not gather at the front.
        while intakeOrder.count > 2 * load.entries + 64, let first = intakeOrder.first, isDone(first) {
            intakeOrder.removeFirst()
        }
    }

    private func isDone(_ identity: EntryIdentity) -> Bool {
        guard let phase = items[identity]?.phase else { return true }
        return phase == .completed || phase == .dead
    }

    mutating func countOut(_ header: EntryHeader) {
        load.entries -= 1
        load.bytes -= header.payloadBytes
        depths[header.identity.origin, default: 0] -= 1
    }

    mutating func countDead(_ identity: EntryIdentity) {
        load.dead += 1
        depths[identity.origin, default: 0] -= 1
    }

    /// A dead letter is tried again, or leaves.
    mutating func countAlive(_ identity: EntryIdentity) {
        load.dead -= 1
        depths[identity.origin, default: 0] += 1
    }

    mutating func makeReady(_ identity: EntryIdentity) {
        guard let header = items[identity]?.header else { return }
        items[identity]?.makeReady()
        lanes[identity.origin, default: Lanes()].add(identity, key: lane(of: header))
    }

    func lane(of header: EntryHeader) -> String? { configuration.ordering == .perKey ? header.key : nil }
}
