internal import FoundationEssentials
public import Logging
public import Mesh
internal import Synchronization

/// A durable queue: what it has acknowledged is run at least once, whatever single process or machine dies, as far as its mode says.
///
/// The shell around ``QueueState``, which decides, and a ``DurableStore``, which keeps. ``run(_:)`` has to be under way for anything to be run,
/// retried, forgotten or timed out.
public final class DurableQueue: Sendable {
    /// How it behaves.
    public let configuration: QueueConfiguration
    /// Where it keeps its entries.
    public let store: any DurableStore

    struct Core: Sendable {
        var state: QueueState
        var intakes = Intakes()
        var isClosed = false
        var unflushed = false
        /// What the store did not take for want of space; handed over again until it does.
        var owed: [StoreRecord] = []
        var lastFailure: DurableQueueError?
        /// Why the store takes nothing any more.
        var storeFailure: DurableQueueError?
        /// Entries that are being taken back.
        var withdrawals: [EntryIdentity: Withdrawal] = [:]
        /// Batches that run.
        var runs: [UInt64: Run] = [:]
        var lastRun: UInt64 = 0
        /// Entries that somebody else writes, until they are written; in a group alone.
        var shared: [EntryIdentity: Entry] = [:]
        /// What there is to know as a member of a group.
        var group: GroupState?
        /// The same where every member runs everything.
        var multicast: MulticastState?
    }

    /// An entry that is taken back, and who is told when it is in no store any more.
    struct Withdrawal: Sendable {
        var waiters: [Intakes.Waiter]
        let deadline: Timestamp
        /// Whether the entries were another member's, which may have it and is not told.
        let isForeign: Bool
        var isForgottenHere = false
        var isForgottenElsewhere = false
    }

    /// A batch that runs, and by what it is told that it must not any more.
    struct Run: Sendable {
        let origin: UUID
        let revocation: AsyncStream<Void>.Continuation
    }

    /// Why it takes nothing and runs nothing from the start: its store has entries from another mode.
    package let refusal: DurableQueueError?
    let core: Mutex<Core>
    let clock: QueueClock
    let bell = Bell()
    let readers = QueueReaders()
    let logger: Logger
    /// Rings when there is something to be sent to the other members.
    let groupBell = Bell()

    /// What the store has said of a submission.
    private struct Told: Sendable {
        let records: [StoreRecord]
        let intake: EntryIdentity?
        let failure: DurableQueueError?
    }

    private let told = Mutex<[Told]>([])
    /// Whether the store says when it has told all of a group.
    private let isGrouping: Bool

    /// A queue over what a store recovered.
    ///
    /// - Parameters:
    ///   - store: whose recovery says what there is to do; it belongs to this queue alone.
    ///   - random: makes ids and jitter.
    ///
    /// A store with entries that every member is to run takes no other mode, and one with entries for one member not that: the queue
    /// takes nothing then, and its `run` throws ``DurableQueueError/Code/misconfigured``.
    /// - Precondition: the mode is `queueOnly`; the others need a ``QueueGroup``, which makes the queue.
    public convenience init(
        store: any DurableStore, configuration: QueueConfiguration = QueueConfiguration(),
        clock: QueueClock = .system(), random: MeshRandom = .system(),
        logger: Logger = Logger(label: "headframe.queue")
    ) {
        precondition(
            configuration.mode == .queueOnly,
            "the queue \(configuration.name) is to be replicated and has no group: make a QueueGroup and take its queue"
        )
        self.init(
            store: store, configuration: configuration, replication: nil, clock: clock, random: random, logger: logger)
    }

    init(
        store: any DurableStore, configuration: QueueConfiguration, replication: ReplicationConfiguration?,
        clock: QueueClock, random: MeshRandom, logger: Logger
    ) {
        self.store = store
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        isGrouping = store is any GroupingStore
        refusal = configuration.refusal(of: store.recovery, in: store)
        let recovery = refusal == nil ? store.recovery : Recovery()
        let replication = refusal == nil ? replication : nil
        let (state, actions) = QueueState.starting(
            origin: store.origin, configuration: configuration, recovery: recovery, random: random, now: clock.now)
        var core = Core(state: state)
        core.storeFailure = refusal
        if let replication, let replicas = configuration.replicas {
            core.group = GroupState(
                origin: store.origin, replicas: replicas, configuration: replication, recovery: recovery,
                random: random, now: clock.now)
        }
        if let replication, configuration.mode == .replicationOnly {
            core.multicast = MulticastState(
                origin: store.origin, isOrdered: configuration.ordering == .perKey, configuration: replication,
                recovery: recovery, queue: state, now: clock.now)
        }
        let beginning = core.multicast?.beginning ?? []
        self.core = Mutex(core)
        for dropped in recovery.dropped {
            logger.warning("The end of a segment was cut off", metadata: ["what": "\(dropped)"])
        }
        if let refusal {
            logger.error(
                "The queue was not opened", metadata: ["queue": "\(configuration.name)", "error": "\(refusal)"])
        }
        warnOfForeignEntries()
        (store as? any GroupingStore)?.onGroupEnd { [weak self] in self?.actOnTold() }
        perform { _ in beginning + actions }
        (store as? any SharedStore)?.onCompletion { [weak self] in self?.noteCompletion(of: $0) }
    }

    /// Takes an entry and returns once it is safe, as the mode says.
    ///
    /// - Parameters:
    ///   - id: what it is known by; the same again is the same entry. Nil has one made.
    ///   - key: entries with one key run in order, where the queue is ordered.
    ///   - payload: what the handler gets.
    /// - Throws: ``DurableQueueError``, whose code says whether the entry may be there nevertheless.
    public func enqueue(
        id: EntryID? = nil, key: String? = nil, payload: [UInt8]
    ) async throws(DurableQueueError) -> Receipt {
        let call = Intakes.Call()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = Intakes.Waiter(call: call, continuation: continuation)
                let request = Intakes.Request(
                    waiter: waiter, id: id, key: key, payload: payload,
                    deadline: clock.now + configuration.acknowledgeWithin)
                perform { core in self.admit(request, &core) }
            }
        } onCancel: {
            perform { core in core.intakes.cancel(call) }
        }
        return try result.get()
    }

    /// Says that entries were completed by somebody who read them, as a reporter does, rather than by a handler of ``run(_:)``.
    public func complete(_ identities: [EntryIdentity]) {
        perform { core in core.state.complete(identities, now: self.clock.now) }
    }

    /// What it holds and does.
    public var status: QueueStatus {
        let store = store.status
        return core.withLock { core in
            QueueStatus(
                depth: core.state.depth, oldest: core.state.oldest, inFlight: core.state.runningCount,
                dead: core.state.deadCount, store: store,
                refusal: core.state.hasRoom(for: 0) ? store.refusal : full)
        }
    }

    /// Takes no more entries; what waits for room is refused.
    public func stopIntake() {
        perform { core in
            core.isClosed = true
            return core.intakes.refuseAll(.closedQueue(self.configuration.name))
        }
    }

    /// Takes no more entries and closes the store. To be called when ``run(_:)`` has returned.
    public func close() async {
        stopIntake()
        await store.close()
    }

    /// Changes the state and does what comes out of it. Everything that reaches the store does so under the lock, so that the order of the
    /// sequences is that of the records.
    func perform(_ change: (inout Core) -> [QueueState.Action]) {
        let after = core.withLock { core in
            var after = Afterwards()
            var actions = change(&core)
            var next = 0
            while next < actions.count {
                actions += carryOut(actions[next], &core, &after)
                next += 1
            }
            after.answers += core.intakes.takeAnswers()
            after.hasGroupWork = core.group?.hasWork ?? core.multicast?.hasWork ?? false
            return after
        }
        for (waiter, result) in after.answers { waiter.continuation.resume(returning: result) }
        if after.hasGroupWork { groupBell.ring() }
        if after.rings {
            bell.ring()
            readers.ring()
        }
    }

    /// What is done once the lock is free.
    private struct Afterwards: Sendable {
        var answers: [Intakes.Answer] = []
        var hasGroupWork = false
        var rings = false
    }

    private func carryOut(
        _ action: QueueState.Action, _ core: inout Core, _ after: inout Afterwards
    ) -> [QueueState.Action] {
        switch action {
        case .store(let records, let durability, let intake): submit(records, durability, intake, &core)
        case .acknowledge(let identity): core.intakes.acknowledge(identity)
        case .reject(let identity, let code, let message):
            core.intakes.fail(identity, DurableQueueError(code, message))
        case .dispatch: after.rings = true
        case .admit: return admitWaiting(&core)
        }
        return []
    }

    private func submit(
        _ records: [StoreRecord], _ durability: Durability, _ intake: EntryIdentity?, _ core: inout Core
    ) {
        if durability == .written { core.unflushed = true }
        store.submit(records, until: durability) { [weak self] failure in
            guard let self else { return }
            told.withLock { $0.append(Told(records: records, intake: intake, failure: failure)) }
            if !isGrouping { actOnTold() }
        }
    }

    /// Acts on what the store has said: all at once, since every turn of the lock is on the way of every entry.
    private func actOnTold() {
        guard told.withLock({ !$0.isEmpty }) else { return }
        perform { core in
            // Taken in the same turn, so that of two threads of a store none acts on the later before the other has on the earlier.
            let told = told.withLock { told in
                defer { told = [] }
                return told
            }
            let now = clock.now
            var actions: [QueueState.Action] = []
            for one in told {
                if one.failure == nil { core.noteForGroup(one.records) }
                noteForgotten(one.records, one.failure, &core)
                if let intake = one.intake {
                    actions += noteLate(intake, one.failure, &core)
                    actions +=
                        one.failure.map { core.state.storeFailed(intake, $0) } ?? core.state.stored(intake, now: now)
                } else if let failure = one.failure {
                    note(failure, one.records, &core)
                }
            }
            return actions
        }
    }

    /// What became of entries could not be written. With space it is tried again; without it, entries run again after a restart.
    func note(_ failure: DurableQueueError, _ records: [StoreRecord], _ core: inout Core) {
        if core.lastFailure?.code != failure.code {
            logger.error(
                "What became of entries was not written",
                metadata: ["queue": "\(configuration.name)", "error": "\(failure)"])
        }
        core.lastFailure = failure
        if [.diskFull, .readOnly, .locked].contains(failure.code) { core.owed += records }
    }
}

extension DurableQueueError {
    static func closedQueue(_ name: String) -> DurableQueueError {
        DurableQueueError(.closed, "the queue \(name) takes nothing new: it is ending; try another instance")
    }
}
