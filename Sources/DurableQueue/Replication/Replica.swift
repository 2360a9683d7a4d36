public import FoundationEssentials
public import Mesh

/// All that one member does about the entries of one origin: it holds them, and claims and owns them when it is its turn.
///
/// A value without I/O: messages, writes that have reached the disk and time go in, what has to be done comes out. The three parts are
/// ``ReplicaHolder``, ``Takeover`` and ``ReplicaSource``.
public struct Replica: Sendable {
    /// What has to be done, in order.
    public enum Action: Sendable, Hashable {
        /// Force these to the disk, in the order of their numbers, and say ``Replica/persisted(_:now:)``.
        case persist(ReplicaHolder.Write)
        /// Send this; to oneself too.
        case send(ReplicaMessage, to: MemberID)
        /// Read these from the store, and send them as ``ReplicaMessage/fetched(_:of:_:)``.
        case read([UInt64], epoch: TakeoverEpoch, for: MemberID)
        /// Read what there is of these, or of the first of them, for ``Replica/snapshotRead(_:_:for:survey:now:)``.
        case readSnapshot(SequenceSet, for: MemberID, survey: Timestamp)
        /// The entries are this member's from now on: run ``Replica/unfinished`` while ``Replica/mayRun(now:)``.
        case own(TakeoverEpoch)
        /// Enough members hold these: acknowledge them, then run them.
        case safe([UInt64])
        /// These were taken back before they were safe, and nobody holds them any more.
        case withdrawn([UInt64])
        /// The entries are another's: begin no run, and take nothing in.
        case stop(by: TakeoverEpoch)
        /// A claim of this member goes on waiting: some of these have to report.
        case claimWaits(TakeoverEpoch, for: Set<MemberID>)
        /// A claim of this member came to nothing: a higher one is known, or the member whose report counts is gone.
        case claimFailed(TakeoverEpoch)
    }

    /// Who it is.
    public let member: MemberID
    private let originMember: MemberID
    private let firstRoster: Roster
    private let configuration: ReplicationConfiguration
    private var random: MeshRandom
    private var holder: ReplicaHolder
    private var takeover: Takeover?
    private var source: ReplicaSource?
    /// What is being written before it counts.
    private var owning: (write: UInt64, merged: Takeover.Merged)?
    private var rosterWrite: UInt64?
    private var lowestNumber: UInt64 = 1
    /// Nil while the owner is heard of.
    private var nextClaim: Timestamp?
    private var hasClaimed = false
    /// Whether runs are brought to their end, so that the origin can have its entries back.
    private var isHandingBack = false
    /// See ``Takeover``; for tests alone.
    package var reportsSpared = 0

    /// What a store had at the start.
    ///
    /// - Parameters:
    ///   - originMember: where the entries are taken in; if that is this member, they are claimed at once.
    ///   - roster: the group, as long as nothing else is known of it.
    public init(
        origin: UUID, member: MemberID, originMember: MemberID, roster: Roster, mark: ReplicaMark,
        unfinished: SequenceSet, finished: SequenceSet, configuration: ReplicationConfiguration, random: MeshRandom,
        now: Timestamp
    ) {
        self.member = member
        self.originMember = originMember
        firstRoster = roster
        self.configuration = configuration
        self.random = random
        holder = ReplicaHolder(
            origin: origin, member: member, mark: mark, unfinished: unfinished, finished: finished,
            configuration: configuration, now: now)
    }

    private var isOrigin: Bool { member == originMember }

    /// Whether the entries are this member's, as far as it knows.
    public var isOwner: Bool { source != nil }

    /// The highest epoch that was granted or followed here: who owns the entries, as far as this member knows.
    public var granted: TakeoverEpoch? { holder.mark.granted }

    /// Who is in the group, as far as this member knows.
    public var roster: Roster { source?.roster ?? holder.mark.roster ?? firstRoster }

    /// How many others hold what is acknowledged, while it owns.
    public var replicas: Int { source?.replicas ?? roster.replicas }

    /// The epoch of its ownership, for effects to be fenced with.
    public var epoch: TakeoverEpoch? { source?.epoch }

    /// The sequences of entries that wait or run.
    public var unfinished: SequenceSet { holder.unfinished }

    /// The members whose reports a claim waits for.
    public var waitingFor: Set<MemberID> { takeover?.waitingFor ?? [] }

    /// How many records each member lacks that has caught up.
    public var lags: [MemberID: UInt64] { source?.lags ?? [:] }

    /// Whether a run may be begun now.
    public func mayRun(now: Timestamp) -> Bool { !isHandingBack && source?.mayRun(now: now) ?? false }

    /// A message about this origin has come.
    public mutating func receive(_ message: ReplicaMessage, from sender: MemberID, now: Timestamp) -> [Action] {
        if let refusal = refusalOfEqualClaim(message) { return [refusal] }
        if case .dismissed(let position, let roster) = message { return leave(roster, asOf: position) }
        var actions = holder.receive(message, from: sender, now: now).map(Action.init)
        if case .resigned(let epoch) = message, isOrigin, holder.mark.granted == epoch { hasClaimed = false }
        if let answers = takeover?.receive(message, from: sender, now: now) { actions += carryOut(answers, now: now) }
        actions += dropVainClaim(now: now) + stopIfDeposed()
        if let answers = source?.receive(message, from: sender, now: now) { actions += carryOut(answers) }
        if case .surveyed(let epoch, let report, let sent) = message, epoch == source?.epoch,
            source?.isAwaitingReport(of: sender, asked: sent) == true
        {
            actions += compare(report, of: sender, sent: sent, now: now)
        }
        return actions + stopIfDeposed()
    }

    /// The group that this member claims by is not the group any more, and it is not in the one that is: it claims no more, and drops what it holds.
    private mutating func leave(_ roster: Roster, asOf position: ReplicaPosition) -> [Action] {
        guard takeover != nil, !isOrigin, !roster.members.contains(member),
            holder.mark.position.map({ $0 < position }) ?? true
        else { return [] }
        return endClaim() + holder.leave(roster).map(Action.init)
    }

    /// Of two that claim at once, and have not granted themselves anything yet, one has to stand back: otherwise each grants the other.
    private func refusalOfEqualClaim(_ message: ReplicaMessage) -> Action? {
        guard case .claim(let other) = message, let own = takeover?.epoch, other.number == own.number, other < own
        else {
            return nil
        }
        return .send(.refused(other, known: own), to: other.owner)
    }

    /// This write and all before it are on the disk.
    public mutating func persisted(_ write: UInt64, now: Timestamp) -> [Action] {
        var actions = holder.persisted(write).map(Action.init)
        if let rosterWrite, rosterWrite <= write {
            self.rosterWrite = nil
            actions += carryOut(source?.rosterPersisted(now: now) ?? [])
        }
        if let (number, merged) = owning, number <= write {
            owning = nil
            guard holder.mark.granted == merged.epoch else { return actions }
            source = ReplicaSource(
                origin: holder.origin, epoch: merged.epoch, roster: merged.roster, leastReplicas: firstRoster.replicas,
                configuration: configuration,
                now: now)
            actions.append(.own(merged.epoch))
        }
        return actions
    }

    /// These happened here, and are in the store: entries taken in on the disk, what became of them at least written.
    public mutating func stored(_ records: [ReplicaRecord], now: Timestamp) -> [Action] {
        holder.note(records)
        return carryOut(source?.append(records, now: now) ?? [])
    }

    /// These are being taken back: they do not become safe any more.
    public mutating func withdrawing(_ sequences: [UInt64]) { source?.withdrawing(Set(sequences)) }

    /// These were taken in here before it owned them, and wait to be safe: its snapshots show them.
    public mutating func await(_ sequences: [UInt64], now: Timestamp) -> [Action] {
        carryOut(source?.await(sequences, now: now) ?? [])
    }

    /// A member that needs a snapshot gets what it lacks: mostly little, since it took records until the ownership went over.
    private mutating func compare(
        _ report: HoldingReport, of member: MemberID, sent: Timestamp, now: Timestamp
    ) -> [Action] {
        let own = holder.report
        let unended = own.finished.intersection(report.unfinished)
        let lacking = own.held.subtracting(report.held).union(unended)
        return carryOut(
            source?.surveyed(
                member, at: report.position, held: own.held, lacking: lacking, sent: sent, now: now) ?? [])
    }

    /// Some of what a member lacks was read from the store.
    ///
    /// - Parameters:
    ///   - taken: of what was to be read, the part that this is all of.
    ///   - records: entries, and what became of them.
    public mutating func snapshotRead(
        _ taken: SequenceSet, _ records: [ReplicaRecord], for member: MemberID, survey: Timestamp, now: Timestamp
    ) -> [Action] {
        // What was forgotten while it was read is not sent any more.
        let known = records.filter { record in
            if case .add(let entry) = record { holder.holds(entry.identity.sequence) } else { true }
        }
        return carryOut(source?.snapshotRead(taken, known, for: member, survey: survey, now: now) ?? [])
    }

    /// Lets time pass; to be called several times in a heartbeat.
    ///
    /// - Parameters:
    ///   - reachable: members of the queue that are there, to replace lost ones with, and for the group to grow by.
    ///   - isRunning: whether any entry runs here. Entries are given back to their origin only when none does.
    public mutating func tick(reachable: Set<MemberID>, isRunning: Bool, now: Timestamp) -> [Action] {
        if let source {
            // One that may not run gives its own vote away too.
            if source.mayRun(now: now) { holder.ownerIsHere(now: now) }
            let wanted = reachable.contains(originMember) ? [member, originMember] : [member]
            let actions = carryOut(
                self.source?.tick(reachable: reachable, wanting: Set(wanted), now: now) ?? [])
            return actions + stopIfDeposed() + handBack(isRunning: isRunning, now: now)
        }
        if let actions = takeover?.tick(now: now) { return carryOut(actions, now: now) }
        return owning == nil ? holder.dropCopies(now: now).map(Action.init) + claimIfDue(now: now) : []
    }

    /// An origin takes nothing in while another owns its entries: it gets them back once it has caught up.
    private mutating func handBack(isRunning: Bool, now: Timestamp) -> [Action] {
        guard let source, !isOrigin, owning == nil else { return [] }
        isHandingBack = source.hasCaughtUp(originMember, now: now)
        guard isHandingBack, !isRunning else { return [] }
        let receivers = source.roster.members.union([member]).sorted()
        return stop(by: source.epoch) + receivers.map { .send(.resigned(source.epoch), to: $0) }
    }

    /// The store takes nothing any more: others are to own the entries. To be called in place of ``tick(reachable:isRunning:now:)`` from then on.
    public mutating func resign() -> [Action] {
        takeover = nil
        owning = nil
        guard let source else { return [] }
        let receivers = source.roster.members.subtracting([member]).sorted()
        return stop(by: source.epoch) + receivers.map { .send(.resigned(source.epoch), to: $0) }
    }

    private mutating func claimIfDue(now: Timestamp) -> [Action] {
        let roster = holder.mark.roster ?? firstRoster
        guard roster.members.contains(member), isOrigin || holder.mark.roster != nil else { return [] }
        if hasClaimed || !isOrigin {
            guard holder.isOwnerSilent(now: now) || holder.wasGrantedIt else {
                nextClaim = nil
                return []
            }
            let due = nextClaim ?? now + claimDelay()
            nextClaim = due
            guard now >= due else { return [] }
        }
        (hasClaimed, nextClaim) = (true, nil)
        let number = max(lowestNumber, (holder.mark.granted?.number ?? 0) + 1)
        let (takeover, actions) = Takeover.claiming(
            TakeoverEpoch(number: number, owner: member), roster: roster, position: holder.mark.position,
            configuration: configuration, now: now, reportsSpared: reportsSpared)
        self.takeover = takeover
        return carryOut(actions, now: now)
    }

    /// Members that claim at once split the votes: each waits for another time.
    private mutating func claimDelay() -> Duration {
        .milliseconds(Int64.random(in: 0...configuration.takeoverAfter.wholeMilliseconds, using: &random))
    }

    private mutating func carryOut(_ actions: [Takeover.Action], now: Timestamp) -> [Action] {
        actions.flatMap { action -> [Action] in
            switch action {
            case .send(let message, let receiver): return [.send(message, to: receiver)]
            case .wait(let members): return takeover.map { [.claimWaits($0.epoch, for: members)] } ?? []
            case .giveUp(let number):
                lowestNumber = max(lowestNumber, number + 1)
                return endClaim()
            case .own(let merged):
                takeover = nil
                guard holder.mark.granted == merged.epoch else { return [] }
                let writes = holder.own(merged)
                if let number = Self.lastWrite(of: writes) { owning = (number, merged) }
                return writes.map(Action.init)
            }
        }
    }

    /// What this member does not grant itself is of no use: it hears of an owner, or has granted another's claim since.
    private mutating func dropVainClaim(now: Timestamp) -> [Action] {
        guard let takeover, !holder.mayGrant(takeover.epoch, now: now) else { return [] }
        return endClaim()
    }

    private mutating func endClaim() -> [Action] {
        guard let epoch = takeover?.epoch else { return [] }
        takeover = nil
        lowestNumber = max(lowestNumber, epoch.number + 1)
        holder.takeBackGrant(of: epoch)
        return [.claimFailed(epoch)]
    }

    private mutating func carryOut(_ actions: [ReplicaSource.Action]) -> [Action] {
        actions.flatMap { action -> [Action] in
            switch action {
            case .send(let message, let receiver): return [.send(message, to: receiver)]
            case .safe(let sequences): return [.safe(sequences)]
            case .withdrawn(let sequences): return [.withdrawn(sequences)]
            case .readSnapshot(let page, let member, let survey):
                return [.readSnapshot(page, for: member, survey: survey)]
            case .deposed(let epoch): return stop(by: epoch)
            case .persist(let roster):
                let writes = holder.own(roster)
                rosterWrite = Self.lastWrite(of: writes)
                return writes.map(Action.init)
            }
        }
    }

    private static func lastWrite(of actions: [ReplicaHolder.Action]) -> UInt64? {
        actions.reduce(nil) { last, action in if case .persist(let write) = action { write.number } else { last } }
    }

    /// It granted the entries to another, or took another's records.
    private mutating func stopIfDeposed() -> [Action] {
        guard let source, let granted = holder.mark.granted, granted > source.epoch else { return [] }
        return stop(by: granted)
    }

    private mutating func stop(by epoch: TakeoverEpoch) -> [Action] {
        source = nil
        rosterWrite = nil
        isHandingBack = false
        lowestNumber = max(lowestNumber, epoch.number + 1)
        return [.stop(by: epoch)]
    }
}

extension Replica.Action {
    init(_ action: ReplicaHolder.Action) {
        self =
            switch action {
            case .persist(let write): .persist(write)
            case .send(let message, let receiver): .send(message, to: receiver)
            case .read(let sequences, let epoch, let receiver): .read(sequences, epoch: epoch, for: receiver)
            }
    }
}
