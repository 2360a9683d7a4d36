public import FoundationEssentials

/// A member's side of the replication of one origin: takes records in order, confirms what is on the disk, and grants each epoch once.
///
/// A value without I/O. Everything that it says about itself is on the disk before it says it: answers wait for ``persisted(_:)``.
public struct ReplicaHolder: Sendable {
    /// What has to be done.
    public enum Action: Sendable, Hashable {
        /// Force these to the disk, in the order of their numbers, and say ``ReplicaHolder/persisted(_:)``.
        case persist(Write)
        /// Send this.
        case send(ReplicaMessage, to: MemberID)
        /// Read these from the store, and send them as ``ReplicaMessage/fetched(_:of:_:)``.
        case read([UInt64], epoch: TakeoverEpoch, for: MemberID)
    }

    /// What goes to the disk together; of a part of it, the first, nothing bad comes.
    public struct Write: Sendable, Hashable {
        /// Rises by one.
        public let number: UInt64
        /// Entries and what became of them.
        public let records: [ReplicaRecord]
        /// To be written behind the records.
        public let mark: ReplicaMark
    }

    /// What an owner asked for last, and the snapshot that comes of it.
    private struct Survey: Sendable {
        let epoch: TakeoverEpoch
        let sent: Timestamp
        var nextPart = 0
    }

    private struct Answer: Sendable {
        let write: UInt64
        let message: ReplicaMessage
        let receiver: MemberID
    }

    /// Who it is.
    public let member: MemberID
    /// What it has handed to the disk.
    public private(set) var mark: ReplicaMark
    /// The sequences of entries that wait or run.
    public private(set) var unfinished: SequenceSet
    /// The sequences of entries that are completed or dead, and remembered.
    public private(set) var finished: SequenceSet
    let origin: UUID
    private let configuration: ReplicationConfiguration
    private var synced: ReplicaMark
    /// Nil once there is nothing that may follow from it.
    private var survey: Survey?
    private var answers: [Answer] = []
    private var unsynced: [(write: UInt64, mark: ReplicaMark)] = []
    private var lastWrite: UInt64 = 0
    /// When an owner was heard of.
    private var heard: Timestamp
    /// When a claim was granted last, which is to have its time as an owner has.
    private var promised: Timestamp?
    /// The epoch whose owner has given the entries back.
    private var resigned: TakeoverEpoch?

    /// What a store had at the start. Who was heard of before that is not known, so nothing is granted for a while.
    public init(
        origin: UUID, member: MemberID, mark: ReplicaMark, unfinished: SequenceSet, finished: SequenceSet,
        configuration: ReplicationConfiguration, now: Timestamp
    ) {
        self.origin = origin
        self.member = member
        self.mark = mark
        self.unfinished = unfinished
        self.finished = finished
        self.configuration = configuration
        synced = mark
        heard = now
    }

    /// Whether the owner has been silent for so long that its entries may be granted to another.
    public func isOwnerSilent(now: Timestamp) -> Bool {
        now - max(heard, promised ?? heard) >= configuration.takeoverAfter
    }

    /// Whether this member was granted the last epoch, and has not given the entries back: it need not wait for itself.
    var wasGrantedIt: Bool { mark.granted?.owner == member && resigned != mark.granted }

    /// The owner is this member, and it is alive.
    public mutating func ownerIsHere(now: Timestamp) { heard = now }

    /// A message has come that is meant for a holder; others change nothing.
    public mutating func receive(_ message: ReplicaMessage, from sender: MemberID, now: Timestamp) -> [Action] {
        switch message {
        case .claim(let epoch): claim(epoch, now: now)
        case .append(let append): take(append, from: sender, now: now)
        case .survey(let epoch, let sent): answerSurvey(epoch, sent, from: sender, now: now)
        case .snapshot(let part): install(part, from: sender, now: now)
        case .fetch(let epoch, let sequences):
            epoch == mark.granted ? [.read(sequences, epoch: epoch, for: sender)] : [refusal(of: epoch, to: sender)]
        case .resigned(let epoch): noteResignation(from: epoch, now: now)
        default: []
        }
    }

    /// This write and all before it are on the disk.
    public mutating func persisted(_ write: UInt64) -> [Action] {
        while let first = unsynced.first, first.write <= write {
            synced = first.mark
            unsynced.removeFirst()
        }
        let due = answers.prefix { $0.write <= write }
        answers.removeFirst(due.count)
        return due.map { .send(current($0.message), to: $0.receiver) }
    }

    /// This member owns the entries from now on: what it lacked, and what it is to drop.
    public mutating func own(_ merged: Takeover.Merged) -> [Action] {
        survey = nil
        mark.granted = max(merged.epoch, mark.granted ?? merged.epoch)
        mark.position = .everything(of: merged.epoch)
        mark.roster = merged.roster
        return [persist(merged.records)]
    }

    /// As the owner: the group changes.
    public mutating func own(_ roster: Roster) -> [Action] {
        mark.roster = roster
        return [persist([])]
    }

    /// This member is in the group no more. It says so first, on the disk too: only then is what it holds to go, see ``dropCopies()``.
    mutating func leave(_ roster: Roster) -> [Action] {
        survey = nil
        mark.position = nil
        mark.roster = roster
        return [persist([])]
    }

    /// Drops what is held for a group that this member has left, and is not being taken into again.
    mutating func dropCopies(now: Timestamp) -> [Action] {
        guard mark.position == nil, let roster = mark.roster, !roster.members.contains(member),
            survey == nil || isOwnerSilent(now: now), synced.position == nil, synced.roster == roster,
            !unfinished.isEmpty || !finished.isEmpty
        else { return [] }
        survey = nil
        return [persist([.forgotten(Array(report.held))])]
    }

    /// What it holds, and how far it has come.
    var report: HoldingReport {
        HoldingReport(position: mark.position, roster: mark.roster, unfinished: unfinished, finished: finished)
    }

    /// Whether it knows an entry.
    func holds(_ sequence: UInt64) -> Bool { unfinished.contains(sequence) || finished.contains(sequence) }

    /// As the owner: these are in the store already.
    public mutating func note(_ records: [ReplicaRecord]) {
        for record in records { apply(record) }
    }
}

// Grants, records and snapshots.
extension ReplicaHolder {
    private mutating func claim(_ epoch: TakeoverEpoch, now: Timestamp) -> [Action] {
        guard mayGrant(epoch, now: now) else { return [refusal(of: epoch, to: epoch.owner)] }
        // Asked again for what was granted before: its time does not begin anew.
        if mark.granted != epoch { (promised, survey) = (now, nil) }
        mark.granted = epoch
        return [persist([], answer: .granted(epoch, report), to: epoch.owner)]
    }

    func mayGrant(_ epoch: TakeoverEpoch, now: Timestamp) -> Bool {
        guard let granted = mark.granted, granted != epoch else { return true }
        // The owner itself, come back after a restart, need not wait for its own silence.
        return epoch > granted && (granted.owner == epoch.owner || resigned == granted || isOwnerSilent(now: now))
    }

    /// The claim was this member's own, and is given up: another one need not wait for its silence.
    mutating func takeBackGrant(of epoch: TakeoverEpoch) { if mark.granted == epoch { promised = nil } }

    /// Whom it is given back to comes at once; the others wait as if the owner had just been heard of.
    private mutating func noteResignation(from epoch: TakeoverEpoch, now: Timestamp) -> [Action] {
        guard mark.granted == epoch else { return [] }
        resigned = epoch
        heard = now
        return []
    }

    private func refusal(of epoch: TakeoverEpoch, to receiver: MemberID) -> Action {
        .send(.refused(epoch, known: mark.granted), to: receiver)
    }

    /// Whether an epoch is the one that counts; a higher one counts from now on.
    private mutating func follow(_ epoch: TakeoverEpoch, now: Timestamp) -> Bool {
        guard epoch >= mark.granted ?? epoch else { return false }
        mark.granted = epoch
        heard = now
        return true
    }

    private mutating func take(_ append: ReplicaAppend, from sender: MemberID, now: Timestamp) -> [Action] {
        guard follow(append.epoch, now: now) else { return [refusal(of: append.epoch, to: sender)] }
        guard let position = mark.position, position.epoch == append.epoch, append.after <= position.number else {
            let number = mark.position?.epoch == append.epoch ? mark.position?.number : nil
            return answer(standing(append, resumesAfter: number), to: sender)
        }
        let records = append.records.dropFirst(Int(clamping: position.number - append.after))
        guard !records.isEmpty else { return answer(standing(append, resumesAfter: nil), to: sender) }
        let number = position.number + UInt64(records.count)
        mark.position = ReplicaPosition(epoch: append.epoch, number: number)
        return [persist(Array(records), answer: standing(append, resumesAfter: nil), to: sender)]
    }

    /// An owner may run by an answer: whose it is has to be on the disk before, lest a restart forgets whom it answered.
    private mutating func answer(_ message: ReplicaMessage, to receiver: MemberID) -> [Action] {
        guard synced.granted != mark.granted else { return [.send(message, to: receiver)] }
        guard let last = unsynced.last, last.mark.granted == mark.granted else {
            return [persist([], answer: message, to: receiver)]
        }
        answers.append(Answer(write: last.write, message: message, receiver: receiver))
        return []
    }

    private func syncedNumber(of epoch: TakeoverEpoch) -> UInt64? {
        synced.position?.epoch == epoch ? synced.position?.number : nil
    }

    private func standing(_ append: ReplicaAppend, resumesAfter number: UInt64?) -> ReplicaMessage {
        .standing(
            ReplicaStanding(
                epoch: append.epoch, synced: syncedNumber(of: append.epoch), resumesAfter: number, sent: append.sent))
    }

    /// An answer says what is on the disk when it leaves, not when it was asked for.
    private func current(_ message: ReplicaMessage) -> ReplicaMessage {
        guard case .standing(let standing) = message else { return message }
        return .standing(
            ReplicaStanding(
                epoch: standing.epoch,
                synced: syncedNumber(of: standing.epoch),
                resumesAfter: standing.resumesAfter, sent: standing.sent))
    }

    /// What it holds is what the parts of the snapshot build on, whatever becomes of this process: so it is on the disk first.
    private mutating func answerSurvey(
        _ epoch: TakeoverEpoch, _ sent: Timestamp, from sender: MemberID, now: Timestamp
    ) -> [Action] {
        guard follow(epoch, now: now) else { return [refusal(of: epoch, to: sender)] }
        // Its own store is not replaced while it owns.
        guard mark.position != .everything(of: epoch) else { return [] }
        if let last = survey, last.epoch == epoch, last.sent >= sent { return [] }
        survey = Survey(epoch: epoch, sent: sent)
        return [persist([], answer: .surveyed(epoch, report, sent: sent), to: sender)]
    }

    private mutating func install(_ part: SnapshotPart, from sender: MemberID, now: Timestamp) -> [Action] {
        guard follow(part.epoch, now: now) else { return [refusal(of: part.epoch, to: sender)] }
        // What was taken since, records or a snapshot, has moved the position: late parts would undo it.
        guard let known = survey, known.epoch == part.epoch, known.sent == part.survey, known.nextPart == part.part,
            mark.position == part.position
        else { return [] }
        survey?.nextPart += 1
        var records = part.records
        if let end = part.end {
            survey = nil
            // What the owner has not is finished and forgotten, or was never acknowledged.
            let alien = report.held.subtracting(end.held)
            if !alien.isEmpty { records.append(.forgotten(Array(alien))) }
            mark.position = ReplicaPosition(epoch: part.epoch, number: end.number)
            mark.roster = end.roster
        }
        return [persist(records, answer: .installed(part.epoch, part: part.part, sent: part.sent), to: sender)]
    }

    private mutating func persist(
        _ records: [ReplicaRecord], answer: ReplicaMessage? = nil, to receiver: MemberID? = nil
    ) -> Action {
        for record in records { apply(record) }
        lastWrite += 1
        unsynced.append((lastWrite, mark))
        if let answer, let receiver {
            answers.append(Answer(write: lastWrite, message: answer, receiver: receiver))
        }
        return .persist(Write(number: lastWrite, records: records, mark: mark))
    }

    private mutating func apply(_ record: ReplicaRecord) {
        switch record {
        case .add(let entry):
            let sequence = entry.identity.sequence
            if !finished.contains(sequence) { unfinished.insert(sequence) }
        case .completed(let sequences, _): for sequence in sequences { finish(sequence) }
        case .buried(let sequence, _): finish(sequence)
        case .forgotten(let sequences):
            unfinished.subtract(sequences)
            finished.subtract(sequences)
        case .roster(let roster): mark.roster = roster
        }
    }

    private mutating func finish(_ sequence: UInt64) {
        if unfinished.remove(sequence) { finished.insert(sequence) }
    }
}
