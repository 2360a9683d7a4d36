internal import DequeModule
public import FoundationEssentials
internal import Mesh

/// What a member of groups knows, but for the entries: a ``Replica`` for every origin that it has to do with, what is to be sent, written and
/// read. A value without I/O, beside ``QueueState`` under the same lock.
package struct GroupState: Sendable {
    /// What is to be read from the store for another member.
    package struct Read: Sendable, Hashable {
        package enum What: Sendable, Hashable {
            case entries([UInt64], TakeoverEpoch)
            case snapshot(SequenceSet, survey: Timestamp)
            case offer([UInt64])
        }
        package let origin: UUID
        package let what: What
        package let receiver: MemberID
    }

    /// The most reads that wait; more are dropped, and asked for again.
    private static let maximumReads = 256

    let origin: UUID
    let member: MemberID
    let configuration: ReplicationConfiguration
    let replicas: Int
    var outbox = Outbox()
    private(set) var replica: [UUID: Replica] = [:]
    private var lines: [UUID: WriteLine] = [:]
    private var reads: Deque<Read> = []
    /// What happened to entries here and is in the store, and the replicas are to be told.
    private var stored: [UUID: [ReplicaRecord]] = [:]
    private var random: MeshRandom

    init(
        origin: UUID, replicas: Int, configuration: ReplicationConfiguration, recovery: Recovery, random: MeshRandom,
        now: Timestamp
    ) {
        self.origin = origin
        member = MemberID(ofStore: origin)
        self.replicas = replicas
        self.configuration = configuration
        self.random = random
        var unfinished: [UUID: SequenceSet] = [:]
        var finished: [UUID: SequenceSet] = [:]
        for entry in recovery.entries {
            let (origin, sequence) = (entry.identity.origin, entry.identity.sequence)
            switch entry.progress.status {
            case .completed, .dead: finished[origin, default: []].insert(sequence)
            case .waiting, .running: unfinished[origin, default: []].insert(sequence)
            }
        }
        // Those from a time when every member ran everything say nothing of owners.
        let marks = recovery.marks.filter { $0.value.isOfOwners }
        for known in Set(marks.keys).union([origin]) {
            replica[known] = made(
                known, marks[known] ?? ReplicaMark(), unfinished[known] ?? [], finished[known] ?? [], now: now)
        }
    }

    private mutating func made(
        _ other: UUID, _ mark: ReplicaMark, _ unfinished: SequenceSet, _ finished: SequenceSet, now: Timestamp
    ) -> Replica {
        // An origin begins alone, and takes members in as they appear.
        let roster = Roster(replicas: replicas, members: other == origin ? [member] : [])
        return Replica(
            origin: other, member: member, originMember: MemberID(ofStore: other), roster: roster, mark: mark,
            unfinished: unfinished, finished: finished, configuration: configuration,
            random: MeshRandom(seed: random.next()), now: now)
    }

    /// The origins that it has to do with.
    var origins: [UUID] { replica.keys.sorted() }

    /// Changes the replica of an origin; one that is not known is begun.
    mutating func update(
        _ other: UUID, now: Timestamp, _ change: (inout Replica) -> [Replica.Action]
    ) -> [Replica.Action] {
        var changed = replica.removeValue(forKey: other) ?? made(other, ReplicaMark(), [], [], now: now)
        defer { replica[other] = changed }
        return change(&changed)
    }

    /// The origins whose entries may run now.
    func runnable(now: Timestamp) -> Set<UUID> { Set(replica.filter { $0.value.mayRun(now: now) }.keys) }

    // MARK: What happened to entries here

    /// These are in the store.
    mutating func note(_ records: [StoreRecord]) {
        for record in records {
            switch record {
            case .add(let entry): stored[entry.identity.origin, default: []].append(.add(entry))
            case .complete(let identities, let time, _):
                for (other, sequences) in Self.byOrigin(identities) {
                    stored[other, default: []].append(.completed(sequences, at: time))
                }
            case .bury(let identity, let letter):
                stored[identity.origin, default: []].append(.buried(identity.sequence, letter))
            case .forget(let identities):
                for (other, sequences) in Self.byOrigin(identities) {
                    stored[other, default: []].append(.forgotten(sequences))
                }
            case .run, .release, .fail, .revive, .held, .completedElsewhere, .keep, .mark: break
            }
        }
    }

    private static func byOrigin(_ identities: [EntryIdentity]) -> [UUID: [UInt64]] {
        Dictionary(grouping: identities, by: \.origin).mapValues { $0.map(\.sequence) }
    }

    mutating func takeStored(of other: UUID) -> [ReplicaRecord] { stored.removeValue(forKey: other) ?? [] }

    var originsWithStored: [UUID] { stored.keys.sorted() }

    // MARK: Writes and reads

    mutating func add(_ write: ReplicaHolder.Write, of other: UUID) { lines[other, default: WriteLine()].add(write) }

    /// What is to be handed to the store now, if nothing of the origin is being written.
    mutating func nextWrite(of other: UUID) -> (records: [ReplicaRecord], mark: ReplicaMark, number: UInt64)? {
        lines[other]?.next()
    }

    mutating func ended(_ other: UUID, isWritten: Bool) {
        if isWritten { lines[other]?.written() } else { lines[other]?.failed() }
    }

    mutating func add(_ read: Read) {
        guard reads.count < Self.maximumReads, !reads.contains(read) else { return }
        reads.append(read)
    }

    mutating func takeReads() -> [Read] {
        defer { reads = [] }
        return Array(reads)
    }

    /// Whether there is something for the tasks of the group to do.
    var hasWork: Bool { !reads.isEmpty || !stored.isEmpty || outbox.hasDue }
}

extension MemberID {
    /// A member is its store, under the UUID written when the store was made.
    public init(ofStore origin: UUID) { self.init(origin.uuidString.lowercased()) }
}
