internal import DurableQueue
internal import FoundationEssentials
internal import Mesh

/// One queue in virtual time: intakes, runs that end well, badly or not at all, a store that fails, processes that die, machines that lose
/// power; all of it determined by a seed.
///
/// What is checked: what was acknowledged is there after any of that and is completed or dead at the end; the same id is the same entry;
/// nothing runs twice at once; entries with one key run in order.
public struct QueueSimulation {
    /// What one run came to.
    public struct Report: Sendable {
        /// Intakes that were acknowledged.
        public var acknowledged = 0
        /// Batches that were begun.
        public var batches = 0
        /// Deaths of the process or the machine.
        public var crashes = 0
        /// Entries that were given up.
        public var dead = 0
        /// What did not hold.
        public var violations: [String] = []
    }

    /// Something got wrong on purpose, to show that the checks would notice.
    public enum Mutant: String, Sendable, CaseIterable {
        /// A crash takes what had been forced to the disk.
        case losesSyncedRecords
        /// After a crash the ids are not known any more.
        case forgetsIDs
        /// Entries with one key run as they come.
        case ignoresKeys
        /// What runs when the process dies counts as completed.
        case completesWhatCrashed
    }

    private let mutant: Mutant?
    private var random: MeshRandom
    private let origin = UUID()
    private let configuration: QueueConfiguration
    private let isOrdered: Bool
    private var now = Timestamp(milliseconds: 1_700_000_000_000)
    private var state: QueueState
    private var submitted: [StoreRecord] = []
    private var syncedCount = 0
    private var model = StoreModel()
    private var pending: [EntryIdentity] = []
    private var acknowledged: [EntryID: EntryIdentity] = [:]
    private var lastID = 0
    private var running: [Batch] = []
    private var report = Report()

    /// Runs one seed.
    public static func run(seed: UInt64, steps: Int = 400, mutant: Mutant? = nil) -> Report {
        var simulation = QueueSimulation(seed: seed, mutant)
        for _ in 0..<steps where simulation.report.violations.isEmpty { simulation.step() }
        simulation.finish()
        return simulation.report
    }

    private init(seed: UInt64, _ mutant: Mutant?) {
        self.mutant = mutant
        random = MeshRandom(seed: seed)
        var configuration = QueueConfiguration(name: "simulated")
        configuration.ordering = Bool.random(using: &random) ? .perKey : .unordered
        configuration.concurrentBatches = Int.random(in: 1...4, using: &random)
        configuration.batchEntries = Int.random(in: 1...6, using: &random)
        configuration.maximumEntries = Int.random(in: 10...80, using: &random)
        configuration.dedupeWindow = .seconds(1_000_000)
        isOrdered = configuration.ordering == .perKey
        if mutant == .ignoresKeys { configuration.ordering = .unordered }
        self.configuration = configuration
        (state, _) = QueueState.starting(
            origin: origin, configuration: configuration, recovery: Recovery(), random: MeshRandom(seed: seed), now: now
        )
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func step() {
        now = now + .milliseconds(number(0...30))
        switch number(0...99) {
        case 0...34: enqueue()
        case 35...54: synchronize()
        case 55...74: begin()
        case 75...93: if !running.isEmpty { end(running.remove(at: number(0...running.count - 1)), mayFail: true) }
        case 94...96: carryOut(state.tick(now: now))
        case 97: failIntakes()
        default: crash()
        }
    }

    private mutating func enqueue() {
        let isKnown = number(0...9) == 0
        let known = isKnown ? acknowledged.sorted { $0.value < $1.value }.randomElement(using: &random) : nil
        lastID += 1
        let id = known?.key ?? EntryID("entry \(lastID)")
        do throws(DurableQueueError) {
            switch try state.enqueue(
                id: id, key: number(0...2) == 0 ? nil : "key \(number(0...3))", payload: [1], now: now)
            {
            case .accepted(let identity, let actions):
                if let known { report.violations.append("\(id) is \(known.value), and was taken again as \(identity)") }
                pending.append(identity)
                carryOut(actions)
            case .known(let identity, _):
                if identity != known?.value { report.violations.append("\(id) was taken for \(identity)") }
            case .full, .notOwner: break
            }
        } catch { report.violations.append("\(error)") }
    }

    private mutating func carryOut(_ actions: [QueueState.Action]) {
        for action in actions {
            switch action {
            case .store(let records, _, _): submit(records)
            case .acknowledge(let identity):
                report.acknowledged += 1
                if let id = model.entries[identity]?.stored.header.id { acknowledged[id] = identity }
            default: break
            }
        }
    }

    private mutating func submit(_ records: [StoreRecord]) {
        submitted += records
        for record in records { model.apply(record) }
    }

    private mutating func synchronize() {
        syncedCount = submitted.count
        let stored = pending
        pending = []
        for identity in stored { carryOut(state.stored(identity, now: now)) }
    }

    /// The store takes none of what is on its way.
    private mutating func failIntakes() {
        let failed = Set(pending)
        pending = []
        for identity in failed.sorted() { carryOut(state.storeFailed(identity, DurableQueueError(.diskFull, "full"))) }
        let isIn = { (record: StoreRecord) in
            if case .add(let entry) = record { failed.contains(entry.identity) } else { false }
        }
        submitted.removeAll(where: isIn)
        rebuild(submitted.count)
    }

    private mutating func rebuild(_ count: Int) {
        submitted.removeLast(submitted.count - count)
        model = submitted.reduce(into: StoreModel()) { $0.apply($1) }
    }

    private mutating func begin() {
        guard let batch = state.nextBatch() else { return }
        report.batches += 1
        let busy = Set(running.flatMap(\.identities))
        var before: Set<EntryIdentity> = []
        for identity in batch.identities {
            if busy.contains(identity) { report.violations.append("\(identity) runs twice at once") }
            checkOrder(identity, before)
            before.insert(identity)
        }
        submit([state.runRecord(of: batch)])
        running.append(batch)
    }

    private mutating func checkOrder(_ identity: EntryIdentity, _ before: Set<EntryIdentity>) {
        guard isOrdered, let key = model.entries[identity]?.stored.header.key else { return }
        let earlier = model.entries.values.map(\.stored).filter {
            $0.header.key == key && $0.identity < identity && !before.contains($0.identity)
                && !pending.contains($0.identity)
        }
        for other in earlier where other.progress.status == .waiting || other.progress.status == .running {
            report.violations.append("\(identity) runs before \(other.identity), which has the same key")
        }
    }

    private mutating func end(_ batch: Batch, mayFail: Bool) {
        guard number(0...19) > 0 || !mayFail else { return carryOut(state.released(batch)) }
        var failures: [EntryIdentity: String] = [:]
        for identity in batch.identities where mayFail && number(0...5) == 0 { failures[identity] = "failed" }
        carryOut(state.finished(batch, failures: failures, now: now))
    }

    /// The process dies, or the machine: of what was not forced to the disk a first part is left.
    private mutating func crash() {
        report.crashes += 1
        let least = mutant == .losesSyncedRecords ? syncedCount / 2 : syncedCount
        rebuild(Bool.random(using: &random) ? submitted.count : number(least...submitted.count))
        syncedCount = submitted.count
        pending = []
        running = []
        var recovery = Recovery()
        recovery.entries = model.entries.values.map(\.stored).sorted { $0.identity < $1.identity }.map(recovered)
        recovery.highestSequence = recovery.entries.last?.identity.sequence ?? 0
        now = now + .seconds(1)
        let (next, actions) = QueueState.starting(
            origin: origin, configuration: configuration, recovery: recovery, random: MeshRandom(seed: random.next()),
            now: now)
        state = next
        carryOut(actions)
        for identity in acknowledged.values where model.entries[identity] == nil {
            report.violations.append("\(identity) was acknowledged and is gone")
        }
    }

    private func recovered(_ stored: StoredEntry) -> StoredEntry {
        var stored = stored
        if mutant == .forgetsIDs {
            let old = stored.header
            let header = EntryHeader(
                identity: old.identity, id: "was \(old.id)", key: old.key, enqueued: old.enqueued,
                payloadBytes: old.payloadBytes)
            stored = StoredEntry(header: header, progress: stored.progress)
        }
        if mutant == .completesWhatCrashed, stored.progress.status == .running {
            stored.progress.status = .completed(now)
        }
        return stored
    }

    /// Nothing fails any more: everything has to come to its end.
    private mutating func finish() {
        guard report.violations.isEmpty else { return }
        for _ in 0..<2000 where state.depth > 0 || !running.isEmpty {
            synchronize()
            now = now + .seconds(1)
            carryOut(state.tick(now: now))
            begin()
            if !running.isEmpty { end(running.removeFirst(), mayFail: false) }
        }
        if state.depth > 0 { report.violations.append("\(state.depth) entries are left, and nothing runs them") }
        for identity in acknowledged.values.sorted() {
            switch model.entries[identity]?.stored.progress.status {
            case .completed: break
            case .dead: report.dead += 1
            default: report.violations.append("\(identity) was acknowledged and never came to its end")
            }
        }
        let dead = model.entries.values.filter { if case .dead = $0.stored.progress.status { true } else { false } }
        if dead.count != state.deadCount {
            report.violations.append("\(dead.count) entries are dead in the store, \(state.deadCount) in the queue")
        }
    }
}
