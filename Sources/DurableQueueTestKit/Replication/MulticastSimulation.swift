internal import DurableQueue
internal import FoundationEssentials
internal import Mesh

/// A group of which every member runs every entry, in virtual time: members crash and lose what was not forced to the disk, freeze, leave, join
/// and are destroyed; disks refuse writes; messages are lost, late, doubled and overtake each other; the network is partitioned; clocks
/// drift. All of it is determined by a seed.
///
/// What is checked is written down in ``MulticastPromises``.
public struct MulticastSimulation {
    /// What one run came to.
    public struct Report: Sendable {
        /// Entries that were acknowledged.
        public var acknowledged = 0
        /// Runs of entries, at all members.
        public var runs = 0
        /// Of these, second ones at the same member, because a crash took the completion.
        public var runAgain = 0
        /// Entries that a member gave up.
        public var dead = 0
        /// Members that crashed, froze, left or were destroyed.
        public var faults = 0
        /// Machines that were destroyed.
        public var destroyed = 0
        /// Members that came when the others were at work.
        public var joined = 0
        /// How often a member was left out of the group of another, after a long absence.
        public var leftOut = 0
        /// What did not hold.
        public var violations: [String] = []

        /// Before the first.
        public init() {}
    }

    /// Something got wrong on purpose, to show that the checks would notice.
    public enum Mutant: String, Sendable, CaseIterable {
        /// A member says that it holds what is not on its disk yet.
        case confirmsBeforeTheSync
        /// An origin acknowledges what is on its own disk.
        case acknowledgesAlone
        /// An origin takes what a member holds for what it has run.
        case forgetsWhatIsHeld
        /// After a restart a member does not know what it ran.
        case runsAgainAfterRestart
        /// Entries with one key run as they come.
        case ignoresKeys
    }

    enum Event: Sendable {
        case deliver([Outbox.Letter], from: MemberID, to: MemberID)
        /// The call to a member was answered, or its time is over.
        case called(MemberID, life: Int, of: MemberID)
        case read(MemberID, life: Int, [UInt64], for: MemberID)
        case synchronize(MemberID, life: Int, count: Int)
        case runEnds(MemberID, life: Int, Batch)
    }

    /// What is told once a write is on the disk.
    enum Told: Sendable {
        case records([StoreRecord], intake: EntryIdentity?)
        case writing(MulticastState.Writing)
    }

    struct Node: Sendable {
        let origin: UUID
        let clock: SimulatedClock
        var disk = PoweredDisk(StoreModel())
        var queue: QueueState?
        var multicast: MulticastState?
        /// Which start of the process this is; events of an earlier one mean nothing.
        var life = 0
        var isSynchronizing = false
        /// What the store has said, and is to be acted on.
        var told: [(Told, isWritten: Bool)] = []
        var returns: Int?
        var frozenSince: Int?
        var frozenUntil: Int?
        var inbox: [Event] = []
        var lastID = 0
        /// Whoever waits for an acknowledgement asks again after a crash.
        var asked: [EntryID: String?] = [:]
    }

    let mutant: Mutant?
    var random: MeshRandom
    var queueConfiguration = QueueConfiguration(name: "simulated")
    var configuration = ReplicationConfiguration()
    /// How long an fsync takes at most, but for slow ones.
    let syncMilliseconds: Int
    /// How likely a member takes an entry in, in a step.
    let intakePercent: Double
    var nodes: [MemberID: Node] = [:]
    let names: [MemberID]
    var now = 0
    var agenda = Agenda<Event>()
    var network = SimulatedNetwork(isOrderly: false)
    var promises: MulticastPromises
    var report = Report()

    /// Runs one seed.
    public static func run(seed: UInt64, seconds: Int = 8, mutant: Mutant? = nil) -> Report {
        var simulation = MulticastSimulation(seed: seed, mutant)
        simulation.run(seconds: seconds)
        return simulation.report
    }

    private init(seed: UInt64, _ mutant: Mutant?) {
        self.mutant = mutant
        var random = MeshRandom(seed: seed)
        let isOrdered = Bool.random(using: &random)
        configuration.heartbeat = .milliseconds(50)
        configuration.resendAfter = .milliseconds(200)
        configuration.lease = .milliseconds(300)
        configuration.batchRecords = Int.random(in: 1...20, using: &random)
        configuration.windowRecords = Int.random(in: 5...100, using: &random)
        let forgetMemberAfter = Int.random(in: 2500...6000, using: &random)
        configuration.forgetMemberAfter = .milliseconds(forgetMemberAfter)
        queueConfiguration.mode = .replicationOnly
        queueConfiguration.ordering = isOrdered && mutant != .ignoresKeys ? .perKey : .unordered
        queueConfiguration.dedupeWindow = .milliseconds(Int.random(in: 100...2000, using: &random))
        queueConfiguration.concurrentBatches = Int.random(in: 1...3, using: &random)
        queueConfiguration.batchEntries = Int.random(in: 1...10, using: &random)
        queueConfiguration.maximumFailures = 3
        queueConfiguration.retryDelay = .milliseconds(20)
        queueConfiguration.keepsCompletedPayloads = Bool.random(using: &random)
        syncMilliseconds = Int.random(in: 10...100, using: &random)
        intakePercent = Double.random(in: 1...15, using: &random)
        promises = MulticastPromises(isOrdered: isOrdered, forgetMemberAfter: .milliseconds(forgetMemberAfter))
        let count = Int.random(in: 2...4, using: &random)
        let late = Int.random(in: 0...2, using: &random)
        var names: [MemberID] = []
        for index in 0..<count + late {
            let origin = UUID.made(&random)
            let name = MemberID(ofStore: origin)
            names.append(name)
            nodes[name] = Node(origin: origin, clock: SimulatedClock(&random))
            if index >= count { nodes[name]?.returns = Int.random(in: 500...6000, using: &random) }
        }
        self.names = names
        report.joined = late
        self.random = random
        for name in names.prefix(count) { start(name) }
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func chance(_ percent: Double) -> Bool { random.chance(percent) }

    func isUp(_ name: MemberID) -> Bool { nodes[name]?.queue != nil }

    func isActive(_ name: MemberID) -> Bool { isUp(name) && nodes[name]?.frozenUntil == nil }

    func clock(_ name: MemberID) -> Timestamp { nodes[name]?.clock.time(at: now) ?? Timestamp(milliseconds: 0) }

    mutating func schedule(_ event: Event, in milliseconds: Int) { agenda.add(event, in: milliseconds, now: now) }

    private mutating func run(seconds: Int) {
        while now < seconds * 1000, promises.violations.isEmpty {
            disturb()
            advance()
        }
        calmDown()
        let end = now + 30_000
        while now < end, promises.violations.isEmpty, !isQuiet { advance() }
        if promises.violations.isEmpty {
            if !isQuiet { promises.violate("something is left after all: \(situation)") }
            promises.checkAtTheEnd()
        }
        report.acknowledged = promises.acknowledged.count
        report.leftOut = promises.leftOut
        report.dead = names.reduce(0) { $0 + (nodes[$1]?.queue?.deadCount ?? 0) }
        report.violations = promises.violations.map { "\($0), at \(now) ms" }
    }

    /// Whether nothing is left to be done, or remembered, by those that live.
    private var isQuiet: Bool {
        let living = names.filter(isUp)
        return living.allSatisfy { name in
            guard let node = nodes[name], let queue = node.queue, let source = node.multicast?.source else {
                return false
            }
            let others = living.filter { $0 != name }
            return queue.depth == 0 && node.disk.pending.isEmpty && source.members == Set(others)
                && others.allSatisfy { source.standing(of: $0).map { $0.lacking + $0.unended == 0 } ?? false }
                && node.disk.synced.entries.values.allSatisfy { $0.stored.progress.isDead }
        }
    }

    private var situation: String {
        names.map { name in
            guard let node = nodes[name], let queue = node.queue, let source = node.multicast?.source else {
                return "\(short(name)): gone"
            }
            let others = source.members.sorted().map { other in
                let standing = source.standing(of: other)
                return "\(short(other)) lacks \(standing?.lacking ?? -1), has not ended \(standing?.unended ?? -1)"
            }
            let left = node.disk.synced.entries.values.map(\.stored).filter { !$0.progress.isDead }
                .sorted { $0.identity < $1.identity }.prefix(3).map { "\($0.identity) \($0.progress.status)" }
            return "\(short(name)): depth \(queue.depth), floor \(source.floor), left \(left), \(others)"
        }.joined(separator: "; ")
    }

    private mutating func advance() {
        now += Agenda<Event>.step
        for event in agenda.takeDue(now: now) { handle(event) }
        for name in names where isActive(name) { live(name) }
    }
}

func short(_ name: MemberID) -> Substring { name.name.prefix(8) }

extension EntryProgress {
    var isDead: Bool { if case .dead = status { true } else { false } }

    var isEnded: Bool { if case .completed = status { true } else { isDead } }
}
