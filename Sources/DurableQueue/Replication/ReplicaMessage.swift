public import FoundationEssentials

/// One change to the entries of an origin, as its owner sends it. Taken twice, or about an entry that is gone, it changes nothing.
public enum ReplicaRecord: Hashable, Codable, Sendable {
    /// An entry that was taken in; without its payload where it is finished.
    case add(Entry)
    /// These were completed.
    case completed([UInt64], at: Timestamp)
    /// This one was given up.
    case buried(UInt64, DeadLetter)
    /// These are remembered no longer.
    case forgotten([UInt64])
    /// Who is in the group from here on.
    case roster(Roster)

    /// The entry, with its payload.
    var wholeEntry: Entry? {
        guard case .add(let entry) = self, entry.payload.count == entry.header.payloadBytes else { return nil }
        return entry
    }

    /// How large its payload is.
    var payloadBytes: Int { if case .add(let entry) = self { entry.payload.count } else { 0 } }

    /// About how large it is.
    var roughBytes: Int {
        switch self {
        case .completed(let sequences, _), .forgotten(let sequences): 128 + 8 * sequences.count
        default: 128 + payloadBytes
        }
    }

    /// The same as a store is told of it; nil for what is in the mark.
    public func stored(origin: UUID, keepsPayload: Bool = false) -> StoreRecord? {
        let identities = { (sequences: [UInt64]) in
            sequences.map { EntryIdentity(origin: origin, sequence: $0) }
        }
        return switch self {
        case .add(let entry): .add(entry)
        case .completed(let sequences, let time):
            .complete(identities(sequences), at: time, keepsPayload: keepsPayload)
        case .buried(let sequence, let letter): .bury(EntryIdentity(origin: origin, sequence: sequence), letter)
        case .forgotten(let sequences): .forget(identities(sequences))
        case .roster: nil
        }
    }
}

/// What goes between the members of a group, about the entries of one origin. `docs/QUEUE-REPLICATION.md` has the tables.
public enum ReplicaMessage: Hashable, Codable, Sendable {
    /// Asks for an epoch, and for a report.
    case claim(TakeoverEpoch)
    /// The epoch is granted, on disk; nothing of a lower one is taken any more.
    case granted(TakeoverEpoch, HoldingReport)
    /// Not granted, or not taken: a higher epoch is known, or the owner is alive.
    case refused(TakeoverEpoch, known: TakeoverEpoch?)
    /// Asks the member whose report counts for entries.
    case fetch(TakeoverEpoch, [UInt64])
    /// What is known of these entries.
    case fetched(TakeoverEpoch, of: [UInt64], [ReplicaRecord])
    /// Records in order, or none, to be heard of.
    case append(ReplicaAppend)
    /// How far a member has come on disk.
    case standing(ReplicaStanding)
    /// Asks a member that needs a snapshot what it holds.
    case survey(TakeoverEpoch, sent: Timestamp)
    /// What it holds, to be sent the difference.
    case surveyed(TakeoverEpoch, HoldingReport, sent: Timestamp)
    /// Part of what a member lacks.
    case snapshot(SnapshotPart)
    /// A part of a snapshot is on disk.
    case installed(TakeoverEpoch, part: Int, sent: Timestamp)
    /// The owner gives the entries back: whoever claims them now need not wait for its silence.
    case resigned(TakeoverEpoch)
    /// This is the group, as of that record, and the receiver, who claims, is not in it any more.
    case dismissed(ReplicaPosition, Roster)
    /// Where every member runs everything: from the origin to a member.
    case offer(MulticastOffer)
    /// The same: from a member to the origin.
    case progress(MulticastProgress)

    /// Whether what it names by ranges is compared alone, not gone through one by one.
    var isOfSnapshot: Bool {
        switch self {
        case .surveyed, .snapshot: true
        default: false
        }
    }

    /// What it names by ranges.
    var sets: [SequenceSet] {
        switch self {
        case .granted(_, let report), .surveyed(_, let report, _): [report.unfinished, report.finished]
        case .snapshot(let part): part.end.map { [$0.held] } ?? []
        case .offer(let offer): [offer.asked]
        case .progress(let progress): [progress.held, progress.completed, progress.dead]
        default: []
        }
    }
}

/// Records on their way to a member.
public struct ReplicaAppend: Hashable, Codable, Sendable {
    /// Of whose ownership.
    public let epoch: TakeoverEpoch
    /// The number of the record before the first of these.
    public let after: UInt64
    /// In order.
    public let records: [ReplicaRecord]
    /// When it was sent, by the clock of the owner; it comes back with the answer.
    public let sent: Timestamp

    /// An append from its parts.
    public init(epoch: TakeoverEpoch, after: UInt64, records: [ReplicaRecord], sent: Timestamp) {
        self.epoch = epoch
        self.after = after
        self.records = records
        self.sent = sent
    }
}

/// A member's answer to records.
public struct ReplicaStanding: Hashable, Codable, Sendable {
    /// Of whose ownership.
    public let epoch: TakeoverEpoch
    /// The number of the last record that is on its disk; nil if it needs a snapshot first.
    public let synced: UInt64?
    /// The number after which it goes on, where what came did not follow on what it has.
    public let resumesAfter: UInt64?
    /// From the message that is answered.
    public let sent: Timestamp

    /// An answer from its parts.
    public init(epoch: TakeoverEpoch, synced: UInt64?, resumesAfter: UInt64?, sent: Timestamp) {
        self.epoch = epoch
        self.synced = synced
        self.resumesAfter = resumesAfter
        self.sent = sent
    }
}

/// Part of what an owner has and a member lacks.
public struct SnapshotPart: Hashable, Codable, Sendable {
    /// Of whose ownership.
    public let epoch: TakeoverEpoch
    /// When the survey was sent that it follows from: parts of one snapshot have the same.
    public let survey: Timestamp
    /// Where the member was when it answered that: what it has taken since would be undone.
    public let position: ReplicaPosition?
    /// Counted from 0.
    public let part: Int
    /// Entries, and what became of them.
    public let records: [ReplicaRecord]
    /// With the last part: what the member has to know besides.
    public let end: End?
    /// When it was sent, by the clock of the owner.
    public let sent: Timestamp

    /// A part from its parts.
    public init(
        epoch: TakeoverEpoch, survey: Timestamp, position: ReplicaPosition?, part: Int, records: [ReplicaRecord],
        end: End?, sent: Timestamp
    ) {
        self.epoch = epoch
        self.survey = survey
        self.position = position
        self.part = part
        self.records = records
        self.end = end
        self.sent = sent
    }

    /// What comes with the last part.
    public struct End: Hashable, Codable, Sendable {
        /// The number of the last record that the snapshot includes for sure; the next one is to follow it.
        public let number: UInt64
        /// Who is in the group.
        public let roster: Roster
        /// All that the owner had at that number: what the member has besides is to go.
        public let held: SequenceSet

        /// An end from its parts.
        public init(number: UInt64, roster: Roster, held: SequenceSet) {
            self.number = number
            self.roster = roster
            self.held = held
        }
    }
}

/// What a member holds of an origin.
public struct HoldingReport: Hashable, Codable, Sendable {
    /// How far it has come.
    public let position: ReplicaPosition?
    /// Who is in the group, as far as it knows.
    public let roster: Roster?
    /// What waits or runs.
    public let unfinished: SequenceSet
    /// What is completed or dead, and remembered.
    public let finished: SequenceSet

    /// A report from its parts.
    public init(position: ReplicaPosition?, roster: Roster?, unfinished: SequenceSet, finished: SequenceSet) {
        self.position = position
        self.roster = roster
        self.unfinished = unfinished
        self.finished = finished
    }

    /// All that it holds.
    var held: SequenceSet { unfinished.union(finished) }

    /// Whether a member says that it is none any more: it has dropped what it had.
    func isDismissal(of member: MemberID) -> Bool {
        guard position == nil, let roster else { return false }
        return !roster.members.contains(member)
    }
}
