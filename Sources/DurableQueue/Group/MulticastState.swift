internal import DequeModule
package import FoundationEssentials

/// What a member knows where every member runs everything, but for the entries. A value without I/O, beside ``QueueState`` under the same lock.
package struct MulticastState: Sendable {
    let origin: UUID
    let isOrdered: Bool
    let configuration: ReplicationConfiguration
    package internal(set) var source: MulticastSource
    package var outbox = Outbox()
    private let isMarked: Bool
    private var reads: Deque<GroupState.Read> = []
    /// What happened here and is in the store, and others are to be told.
    private var noted: [StoreRecord] = []
    /// The first entry in there that was taken in here.
    private var firstNoted = UInt64.max
    /// Origins of which entries are being written.
    var arriving: Set<UUID> = []
    /// When an origin was last heard of.
    private var heard: [UUID: Timestamp] = [:]

    package init(
        origin: UUID, isOrdered: Bool, configuration: ReplicationConfiguration, recovery: Recovery, queue: QueueState,
        now: Timestamp
    ) {
        self.origin = origin
        self.isOrdered = isOrdered
        self.configuration = configuration
        let mark = recovery.marks[origin].flatMap { $0.isOfOwners ? nil : $0 }
        isMarked = mark != nil
        let members = mark?.roster?.members ?? []
        let own = recovery.entries.filter { $0.identity.origin == origin }
        source = MulticastSource(
            members: members.subtracting([MemberID(ofStore: origin)]), isOrdered: isOrdered,
            entries: own, floor: mark?.floor ?? 0,
            unsafe: SequenceSet(own.map(\.identity).filter(queue.isWaitingForMembers).map(\.sequence)),
            highest: recovery.highestSequence, configuration: configuration, now: now)
        for entry in recovery.entries where entry.identity.origin != origin { heard[entry.identity.origin] = now }
    }

    /// Who is in the group, for the store.
    func mark(_ members: Set<MemberID>, floor: UInt64) -> StoreRecord {
        let group = members.union([MemberID(ofStore: origin)])
        return .mark(ReplicaMark(group: group, floor: floor, of: origin), of: origin)
    }

    /// What is written before anything is taken in: who has this store later knows how its entries were to be run.
    package var beginning: [QueueState.Action] {
        isMarked ? [] : [.store([mark([], floor: 0)], until: .synced, intake: nil)]
    }

    /// These are in the store.
    package mutating func note(_ records: [StoreRecord]) {
        noted += records.filter { record in
            switch record {
            case .add, .complete, .bury, .forget: true
            default: false
            }
        }
        for case .add(let entry) in records where entry.identity.origin == origin {
            firstNoted = min(firstNoted, entry.identity.sequence)
        }
    }

    /// Below it everything is over at every member, and nothing comes any more.
    func floor(_ queue: inout QueueState) -> UInt64 { queue.floor(atMost: min(source.floor, firstNoted)) }

    mutating func takeNoted() -> [StoreRecord] {
        defer { (noted, firstNoted) = ([], .max) }
        return noted
    }

    mutating func hear(of other: UUID, now: Timestamp) { heard[other] = now }

    /// The origins that are given up as lost: what was completed of theirs need not be remembered for them.
    mutating func takeLost(now: Timestamp) -> [UUID] {
        let lost = heard.filter { now - $0.value >= configuration.forgetMemberAfter }.keys.sorted()
        for other in lost { heard[other] = nil }
        return lost
    }

    /// As many as one heartbeat may ask for; more are dropped, and sent again later.
    private static let maximumReads = 4096

    mutating func read(_ sequences: [UInt64], for receiver: MemberID) {
        guard reads.count < Self.maximumReads else { return }
        reads.append(GroupState.Read(origin: origin, what: .offer(sequences), receiver: receiver))
    }

    package mutating func takeReads() -> [GroupState.Read] {
        defer { reads = [] }
        return Array(reads)
    }

    var hasWork: Bool { !reads.isEmpty || !noted.isEmpty || outbox.hasDue }
}
