internal import DequeModule
public import FoundationEssentials

/// The owner's side of the replication of one origin: numbers what happens, sends it to every member at that member's pace, and says what is
/// safe and whether it may run.
///
/// A value without I/O. Entries are on the owner's own disk before ``append(_:now:)`` is called with them.
public struct ReplicaSource: Sendable {
    /// What has to be done.
    public enum Action: Sendable, Hashable {
        /// Send this.
        case send(ReplicaMessage, to: MemberID)
        /// Enough members hold these: acknowledge them, then run them.
        case safe([UInt64])
        /// These were taken back before they were safe, and no member of the group holds them any more.
        case withdrawn([UInt64])
        /// Read what there is of these, or of the first of them, for ``ReplicaSource/snapshotRead(_:_:for:survey:now:)``.
        case readSnapshot(SequenceSet, for: MemberID, survey: Timestamp)
        /// Hand this to ``ReplicaHolder/own(_:)-(Roster)``, and say ``ReplicaSource/rosterPersisted(now:)`` when it is on the disk.
        case persist(Roster)
        /// Another owner has a higher epoch: begin no run, take nothing in, and follow it.
        case deposed(by: TakeoverEpoch)
    }

    struct Follower: Sendable {
        enum State: Sendable {
            /// It is to say how far it is.
            case unknown
            /// It was asked what it holds.
            case asked(Timestamp)
            case snapshot(Snapshot)
            case following
        }

        /// What it gets that it lacks.
        struct Snapshot: Sendable {
            /// When it was asked what it holds: what was sent before belongs to an earlier one.
            let survey: Timestamp
            /// Where the member was then.
            let position: ReplicaPosition?
            /// Of which number it is.
            let number: UInt64
            /// All that there was at that number.
            let held: SequenceSet
            /// What is still to be read.
            var lacking: SequenceSet
            var isReading = false
            var sentParts = 0
            var installedParts = 0
            var isWhole = false
        }

        var state = State.unknown
        var sent: UInt64 = 0
        var confirmed: UInt64 = 0
        /// When that was sent which it answered last: the lease counts from there.
        var answered: Timestamp?
        var lastSent: Timestamp?
        var lastProgress: Timestamp
        var wentBack: Timestamp?
        /// When it began to be sent to.
        let since: Timestamp

        var isFollowing: Bool { if case .following = state { true } else { false } }

        /// What follows this number is to stay in the backlog for it; nil while it is not known to need any of it.
        var needsAfter: UInt64? {
            switch state {
            case .unknown, .asked: nil
            case .snapshot(let snapshot): snapshot.number
            case .following: confirmed
            }
        }
    }

    /// Whose ownership this is.
    public let epoch: TakeoverEpoch
    /// Who counts at present.
    public private(set) var roster: Roster
    var followers: [MemberID: Follower] = [:]
    let configuration: ReplicationConfiguration
    /// How many others are to hold what is acknowledged, if that is more than the roster says.
    private let leastReplicas: Int
    let origin: UUID
    let start: Timestamp
    private(set) var lastChange: Timestamp
    /// What is sent with a snapshot; ``roster`` is ahead of it while the disk has it not.
    private(set) var sentRoster: Roster
    private(set) var isPersistingRoster = false
    /// Members that are to be in the group, and catch up before.
    var wanted: Set<MemberID>?
    var wantedSince: Timestamp?
    private(set) var isDeposed = false
    /// The record with number `base + 1` is the first.
    private(set) var backlog: Deque<ReplicaRecord> = []
    private var backlogBytes = 0
    private(set) var base: UInt64 = 0
    private var unsafe: Deque<(number: UInt64, sequence: UInt64)> = []
    /// What is being taken back and was not safe before: it is not said to be safe any more.
    private var leaving: [UInt64: UInt64] = [:]
    private var changeNumber: UInt64?
    /// The number of the record that tells of the group as it is; 0 for the one that this ownership began with.
    private var rosterNumber: UInt64 = 0
    /// The highest number that was ever sent to a member, in records or in a snapshot; of those that left the group, too.
    var highestSent: [MemberID: UInt64] = [:]
    /// The number of the record that tells of the present group, where it is the first that is more than one member: who does not know the group
    /// cannot take over, and so does not count.
    private var groupKnownFrom: UInt64 = 0
    /// What was forgotten before it was safe: the number of that record, and who may have the entry until it has the record.
    /// At the bound the oldest is given up, and never said to be withdrawn.
    private var withdrawals: [(number: UInt64, sequence: UInt64, suspects: Set<MemberID>)] = []

    /// Begins, once what was merged is on the disk.
    ///
    /// - Parameter leastReplicas: how many others are to hold what is acknowledged, where that is more than the roster says.
    public init(
        origin: UUID, epoch: TakeoverEpoch, roster: Roster, leastReplicas: Int = 0,
        configuration: ReplicationConfiguration, now: Timestamp
    ) {
        self.origin = origin
        self.leastReplicas = leastReplicas
        self.epoch = epoch
        self.roster = roster
        sentRoster = roster
        self.configuration = configuration
        start = now
        lastChange = now
        updateFollowers(now: now)
        // A change that was begun by an owner before is brought to its end.
        if roster.isChanging { changeNumber = 0 }
    }

    /// How many others hold what is acknowledged.
    public var replicas: Int { max(roster.replicas, leastReplicas) }

    /// The number of the last record.
    public var end: UInt64 { base + UInt64(backlog.count) }

    /// Whether a run may be begun now.
    public func mayRun(now: Timestamp) -> Bool {
        guard !isDeposed else { return false }
        guard configuration.partition == .stopWithoutMajority else { return true }
        let answering = followers.filter { $0.value.answered.map { now - $0 < configuration.lease } ?? false }
        return roster.isMajority(Set(answering.keys).union([epoch.owner]))
    }

    /// How many records each member lacks; those without a figure have not caught up.
    public var lags: [MemberID: UInt64] { followers.filter { $0.value.isFollowing }.mapValues { end - $0.confirmed } }

    /// Something happened to entries.
    public mutating func append(_ records: [ReplicaRecord], now: Timestamp) -> [Action] {
        guard !isDeposed else { return [] }
        for record in records {
            backlog.append(record)
            backlogBytes += record.roughBytes
            if case .add(let entry) = record { unsafe.append((end, entry.identity.sequence)) }
            if case .forgotten(let sequences) = record { withdraw(Set(sequences)) }
        }
        trim()
        return sendAll(now: now) + settle(now: now)
    }

    /// These are in the store since before this ownership: they are safe once enough members have a snapshot of it.
    public mutating func await(_ sequences: [UInt64], now: Timestamp) -> [Action] {
        for sequence in sequences.reversed() { unsafe.prepend((0, sequence)) }
        return settle(now: now)
    }

    /// These are being taken back, which shows as ``ReplicaRecord/forgotten(_:)`` once it is on the own disk: they do not become safe meanwhile.
    public mutating func withdrawing(_ sequences: Set<UInt64>) {
        for (number, sequence) in self.unsafe where sequences.contains(sequence) { leaving[sequence] = number }
        unsafe.removeAll { sequences.contains($0.sequence) }
    }

    private mutating func withdraw(_ sequences: Set<UInt64>) {
        let left = sequences.compactMap { sequence in leaving.removeValue(forKey: sequence).map { ($0, sequence) } }
        let found = left + self.unsafe.filter { sequences.contains($0.sequence) }
        for (number, sequence) in found {
            // What was there before this ownership may be with any member.
            let suspects = number == 0 ? roster.members.union(followers.keys).subtracting([epoch.owner]) : []
            let sent = highestSent.filter { $0.value >= number }.keys
            withdrawals.append((end, sequence, suspects.union(sent)))
            // Whoever has not got the entry is not sent it any more; in its place stands that there is none.
            if number > base { replace(number, by: .forgotten([sequence])) }
        }
        withdrawals.removeFirst(max(0, withdrawals.count - Self.maximumWithdrawals))
        unsafe.removeAll { sequences.contains($0.sequence) }
    }

    private mutating func replace(_ number: UInt64, by record: ReplicaRecord) {
        let index = Int(number - base - 1)
        backlogBytes += record.roughBytes - backlog[index].roughBytes
        backlog[index] = record
    }

    private static var maximumWithdrawals: Int { 10_000 }

    /// What nobody holds any more. One that has it and left the group amid a change of it may still be asked in a takeover.
    private mutating func takeWithdrawn() -> [UInt64] {
        guard !withdrawals.isEmpty else { return [] }
        let isGone = { (withdrawal: (number: UInt64, sequence: UInt64, suspects: Set<MemberID>)) in
            withdrawal.suspects.allSatisfy { member in
                self.followers[member].map { $0.isFollowing && $0.confirmed >= withdrawal.number } ?? false
            }
        }
        let gone = withdrawals.filter(isGone).map(\.sequence)
        withdrawals.removeAll { gone.contains($0.sequence) }
        return gone
    }

    private mutating func trim() {
        guard backlog.count > configuration.backlogRecords else { return }
        let needed = followers.values.compactMap(\.needsAfter).min() ?? end
        while backlog.count > configuration.backlogRecords,
            base < needed || backlogBytes > configuration.backlogBytes
        {
            backlogBytes -= backlog.removeFirst().roughBytes
            base += 1
        }
        for (member, follower) in followers where follower.isFollowing && follower.sent < base {
            followers[member]?.state = .unknown
        }
    }

    /// A message has come that is meant for an owner; others change nothing.
    public mutating func receive(_ message: ReplicaMessage, from sender: MemberID, now: Timestamp) -> [Action] {
        guard !isDeposed else { return [] }
        switch message {
        case .standing(let standing) where standing.epoch == epoch: return take(standing, from: sender, now: now)
        case .claim(let claimed) where claimed.owner == sender: return dismiss(sender)
        case .installed(epoch, let part, let sent): return installed(part, by: sender, sent: sent, now: now)
        case .refused(epoch, let known):
            // Whom it sends nothing to may have granted anything.
            guard let known, known > epoch, followers[sender] != nil else { return [] }
            isDeposed = true
            return [.deposed(by: known)]
        default: return []
        }
    }

    /// Tells one that claims by a group that it has left: not before all who are in the group know it, so that no takeover can do without one that
    /// does.
    private func dismiss(_ member: MemberID) -> [Action] {
        guard !roster.isChanging, !isPersistingRoster, !roster.members.contains(member), followers[member] == nil,
            roster.members.subtracting([epoch.owner]).allSatisfy({ other in
                followers[other].map { $0.isFollowing && $0.confirmed >= rosterNumber } ?? false
            })
        else { return [] }
        return [.send(.dismissed(ReplicaPosition(epoch: epoch, number: rosterNumber), roster), to: member)]
    }

    /// Lets time pass.
    ///
    /// - Parameters:
    ///   - reachable: members of the queue that are there, to replace lost ones with, and for the group to grow by.
    ///   - required: who is to be in the group in any case.
    public mutating func tick(reachable: Set<MemberID>, wanting required: Set<MemberID>, now: Timestamp) -> [Action] {
        guard !isDeposed else { return [] }
        for (member, follower) in followers {
            // What a member holds, and a part of what it lacks, take longer than records do, and to begin anew costs more.
            let patience =
                switch follower.state {
                case .asked, .snapshot: 2
                case .unknown, .following: 1
                }
            guard now - follower.lastProgress >= configuration.resendAfter * patience else { continue }
            followers[member]?.lastProgress = now
            followers[member]?.state = .unknown
        }
        chooseMembers(reachable, required, now: now)
        return sendAll(now: now) + settle(now: now)
    }

    /// The group that was handed over is on the disk, and may be told.
    public mutating func rosterPersisted(now: Timestamp) -> [Action] {
        guard isPersistingRoster, !isDeposed else { return [] }
        isPersistingRoster = false
        let isFirst = groupKnownFrom == .max
        sentRoster = roster
        let actions = append([.roster(roster)], now: now)
        rosterNumber = end
        if isFirst { groupKnownFrom = end }
        if roster.isChanging { changeNumber = end }
        return actions + settle(now: now)
    }

    /// Says what has come to be safe, and brings a change of the group further.
    mutating func settle(now: Timestamp) -> [Action] {
        var safe: [UInt64] = []
        while let first = unsafe.first, isAcknowledged(first.number) {
            safe.append(first.sequence)
            unsafe.removeFirst()
        }
        var actions: [Action] = safe.isEmpty ? [] : [.safe(safe)]
        let withdrawn = takeWithdrawn()
        if !withdrawn.isEmpty { actions.append(.withdrawn(withdrawn)) }
        if let number = changeNumber, isSafe(number) {
            changeNumber = nil
            actions += change(to: roster.changed, now: now)
        } else if let members = nextMembers(now: now) {
            if members == wanted { wanted = nil }
            actions += change(to: roster.changing(to: members), now: now)
        }
        return actions
    }

    /// From here on both sets count, or only the later one: the one is more than is asked for, the other is known by enough members.
    private mutating func change(to new: Roster, now: Timestamp) -> [Action] {
        if roster.members.count == 1, !new.isChanging { groupKnownFrom = .max }
        roster = new
        lastChange = now
        isPersistingRoster = true
        updateFollowers(now: now)
        return [.persist(new)]
    }

    /// Whether an entry may be acknowledged: where more replicas are asked for than the roster says, any members of it make them up.
    private func isAcknowledged(_ number: UInt64) -> Bool {
        guard isSafe(number) else { return false }
        guard leastReplicas > roster.replicas else { return true }
        let number = max(number, groupKnownFrom)
        let holders = followers.filter { $0.value.isFollowing && $0.value.confirmed >= number }.keys
        return roster.members.intersection(holders).count >= leastReplicas
    }

    /// Whether enough members have everything up to this number.
    private func isSafe(_ number: UInt64) -> Bool {
        let number = max(number, groupKnownFrom)
        let holders = followers.filter { $0.value.isFollowing && $0.value.confirmed >= number }
        return roster.isEnough(holding: Set(holders.keys).union([epoch.owner]))
    }

    mutating func updateFollowers(now: Timestamp) {
        let members = roster.members.union(wanted ?? []).subtracting([epoch.owner])
        followers = followers.filter { members.contains($0.key) }
        for member in members where followers[member] == nil {
            followers[member] = Follower(lastProgress: now, since: now)
        }
    }
}
