internal import DurableQueue
internal import FoundationEssentials
internal import Mesh

/// A group that replicates the entries of one origin, in virtual time: members crash and lose what was not forced to the disk, freeze, are
/// partitioned, and one machine is destroyed; messages are lost, some networks double them and let them overtake each other; clocks drift. All
/// of it is determined by a seed.
///
/// What is checked: what was acknowledged is on R + 1 disks until it is run, and is run, whatever one machine was destroyed; what was taken back
/// is not; with `stopWithoutMajority` never two members may run at once; when the faults are over, the group serves again soon, though one of its
/// members stays away; and in the end all hold the same.
public struct ReplicationSimulation {
    /// What one run came to.
    public struct Report: Sendable {
        /// Entries that were acknowledged.
        public var acknowledged = 0
        /// Runs, the second ones of entries included.
        public var runs = 0
        /// Entries that were run more than once.
        public var runTwice = 0
        /// How often a member came to own the entries.
        public var ownerships = 0
        /// Of these, by another than the origin.
        public var takeovers = 0
        /// Members that crashed, froze or were destroyed.
        public var faults = 0
        /// Machines that were destroyed.
        public var destroyed = 0
        /// How often the group changed.
        public var changes = 0
        /// Entries that were taken back before they were acknowledged.
        public var withdrawn = 0
        /// The longest that a group took to serve again once the faults were over, in milliseconds: with a member that stays away, and with all.
        public var slowestWithOneAway = 0, slowestWithAll = 0
        /// How often one that was replaced was told that it is no member any more.
        public var dismissals = 0
        /// What did not hold.
        public var violations: [String] = []

        /// Before the first.
        public init() {}
    }

    /// Something got wrong on purpose, to show that the checks would notice.
    public enum Mutant: String, Sendable, CaseIterable {
        /// A member confirms what is not on its disk yet.
        case confirmsBeforeTheSync
        /// A new owner starts with a report less than N - R.
        case startsWithTooFewReports
        /// An owner goes on without being answered.
        case runsWithoutMajority
        /// Nobody but the origin asks for its entries.
        case takesNothingOver
        /// An owner that is not the origin keeps the entries.
        case givesNothingBack
        /// A member that is asked what it holds says that it has everything, and has finished it.
        case saysThatItHoldsAll
    }

    enum Event: Sendable {
        case deliver(ReplicaMessage, from: MemberID, to: MemberID)
        case synchronize(MemberID, life: Int, count: Int)
        case runEnds(MemberID, life: Int, UInt64)
        case snapshotRead(
            MemberID, life: Int, taken: SequenceSet, records: [ReplicaRecord], for: MemberID, survey: Timestamp)
    }

    struct Node: Sendable {
        var disk = PoweredDisk(ReplicaDisk())
        var replica: Replica?
        /// Which start of the process this is; events of an earlier one mean nothing.
        var life = 0
        var isSynchronizing = false
        var ready: [UInt64] = []
        var running: UInt64?
        var returns: Int?
        var frozenUntil: Int?
        var inbox: [(ReplicaMessage, MemberID)] = []
        let clock: SimulatedClock
    }

    let mutant: Mutant?
    var random: MeshRandom
    let origin: UUID
    let originMember: MemberID = "member 0"
    let roster: Roster
    /// Some groups are there from the start, others are the origin alone and grow.
    let isGrowing: Bool
    var configuration = ReplicationConfiguration()
    /// How long an fsync takes at most, but for slow ones.
    let syncMilliseconds: Int
    /// How likely a run is begun when it could be, so that something is always left to lose.
    let runPercent: Double
    var nodes: [MemberID: Node] = [:]
    let names: [MemberID]
    var now = 0
    var agenda = Agenda<Event>()
    var network: SimulatedNetwork
    /// Whether entries are taken in while it is calm, to see whether the group serves.
    var isProbing = false
    var lastSequence: UInt64 = 0
    var acknowledged: Set<UInt64> = []
    /// When an entry was on the disk of its origin.
    var stored: [UInt64: Int] = [:]
    /// What is being taken back, and is acknowledged no more.
    var withdrawing: Set<UInt64> = []
    /// What was taken back for good.
    var withdrawn: Set<UInt64> = []
    var runs: [UInt64: Int] = [:]
    var finishedAt: [UInt64: Int] = [:]
    var rosters: Set<Roster> = []
    var report = Report()

    /// Runs one seed.
    public static func run(seed: UInt64, seconds: Int = 10, mutant: Mutant? = nil) -> Report {
        var simulation = ReplicationSimulation(seed: seed, mutant)
        simulation.run(seconds: seconds)
        return simulation.report
    }

    private init(seed: UInt64, _ mutant: Mutant?) {
        self.mutant = mutant
        var random = MeshRandom(seed: seed)
        // The choice of members depends on it.
        origin = UUID.made(&random)
        let (count, replicas) =
            [(3, 1), (3, 1), (4, 1), (5, 2), (5, 1), (2, 1)].randomElement(using: &random) ?? (3, 1)
        let names = (0...count).map { MemberID("member \($0)") }
        self.names = names
        isGrowing = Int.random(in: 0..<3, using: &random) == 0
        network = SimulatedNetwork(isOrderly: Int.random(in: 0..<3, using: &random) > 0)
        roster = Roster(replicas: replicas, members: isGrowing ? [names[0]] : Set(names.dropLast()))
        configuration.groupSize = count
        configuration.growAfter = .milliseconds(200)
        configuration.partition =
            count > 2 && Bool.random(using: &random) ? .stopWithoutMajority : .mayRunTwiceFenced
        configuration.heartbeat = .milliseconds(50)
        configuration.resendAfter = .milliseconds(200)
        configuration.lease = .milliseconds(300)
        configuration.takeoverAfter = .milliseconds(400)
        configuration.claimWithin = .milliseconds(200)
        configuration.replaceAfter = .milliseconds(1500)
        configuration.batchRecords = Int.random(in: 1...20, using: &random)
        configuration.windowRecords = Int.random(in: 5...100, using: &random)
        configuration.backlogRecords = Int.random(in: 20...500, using: &random)
        configuration.backlogBytes = Int.random(in: 0...100_000, using: &random)
        runPercent = Double.random(in: 2...60, using: &random)
        syncMilliseconds = Int.random(in: 10...100, using: &random)
        for name in names {
            nodes[name] = Node(clock: SimulatedClock(&random))
        }
        self.random = random
        for name in names { start(name) }
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func chance(_ percent: Double) -> Bool { random.chance(percent) }

    func isUp(_ name: MemberID) -> Bool { nodes[name]?.replica != nil }

    func isActive(_ name: MemberID) -> Bool { isUp(name) && nodes[name]?.frozenUntil == nil }

    func clock(_ name: MemberID) -> Timestamp {
        nodes[name]?.clock.time(at: now) ?? Timestamp(milliseconds: 0)
    }

    mutating func schedule(_ event: Event, in milliseconds: Int) { agenda.add(event, in: milliseconds, now: now) }

    private mutating func run(seconds: Int) {
        while now < seconds * 1000, report.violations.isEmpty {
            disturb()
            advance()
        }
        settle()
        let end = now + 20_000
        while now < end, report.violations.isEmpty, acknowledged.contains(where: { runs[$0] == nil }) { advance() }
        for sequence in acknowledged.sorted() where runs[sequence] == nil {
            report.violations.append("entry \(sequence) was acknowledged and never run; \(situation)")
            break
        }
        waitForAgreement()
        report.acknowledged = acknowledged.count
        report.withdrawn = withdrawn.count
        report.changes = rosters.count { $0.isChanging }
        report.runTwice = runs.values.count { $0 > 1 }
    }

    var situation: String {
        names.map { name in
            guard let node = nodes[name], let replica = node.replica else { return "\(name): gone" }
            let waits = replica.waitingFor.sorted().map(\.name).joined(separator: ", ")
            return "\(name): owns \(replica.isOwner), has \(node.disk.synced.unfinished.count), waits for [\(waits)]"
        }.joined(separator: "; ")
    }

    mutating func advance() {
        now += Agenda<Event>.step
        for event in agenda.takeDue(now: now) { handle(event) }
        for name in names where isActive(name) {
            let reachable = Set(names.filter { isActive($0) && network.isConnected(name, $0) })
            let time = clock(name)
            let isRunning = nodes[name]?.running != nil || mutant == .givesNothingBack
            let actions = nodes[name]?.replica?.tick(reachable: reachable, isRunning: isRunning, now: time)
            perform(name, actions ?? [])
            work(name)
        }
        check()
    }

    private mutating func check() {
        let holders = roster.replicas + 1 - min(report.destroyed, 1)
        let lacking = acknowledged.first { sequence in
            runs[sequence] == nil && names.count { nodes[$0]?.disk.synced.entries[sequence] != nil } < holders
        }
        if let lacking {
            report.violations.append("entry \(lacking) is acknowledged and on too few disks, at \(now) ms")
        }
        guard configuration.partition == .stopWithoutMajority else { return }
        let owners = names.filter { isActive($0) && mayRun($0) }
        if owners.count > 1 { report.violations.append("\(owners) may run at once, at \(now) ms") }
    }

    func mayRun(_ name: MemberID) -> Bool {
        guard let replica = nodes[name]?.replica else { return false }
        return replica.mayRun(now: clock(name)) || mutant == .runsWithoutMajority && replica.isOwner
    }
}
