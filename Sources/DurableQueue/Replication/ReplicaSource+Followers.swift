// Each member at its own pace: asked how far it is, given a snapshot if need be, then what follows.
extension ReplicaSource {
    mutating func sendAll(now: Timestamp) -> [Action] { followers.keys.sorted().flatMap { send(to: $0, now: now) } }

    private mutating func send(to member: MemberID, now: Timestamp) -> [Action] {
        guard var follower = followers[member] else { return [] }
        var actions: [Action] = []
        if follower.isFollowing {
            if follower.confirmed == follower.sent, follower.sent < end { follower.lastProgress = now }
            while follower.sent < end, follower.sent - follower.confirmed < UInt64(configuration.windowRecords) {
                let records = batch(after: follower.sent)
                actions.append(.send(message(records, after: follower.sent, now: now), to: member))
                follower.sent += UInt64(records.count)
                highestSent[member] = max(highestSent[member] ?? 0, follower.sent)
                follower.lastSent = now
            }
        }
        if follower.lastSent.map({ now - $0 >= configuration.heartbeat }) ?? true {
            // Without records it tells the member who owns, and brings back how far the member is.
            actions.append(.send(message([], after: follower.isFollowing ? follower.sent : end, now: now), to: member))
            follower.lastSent = now
        }
        followers[member] = follower
        return actions
    }

    private func batch(after number: UInt64) -> [ReplicaRecord] {
        var records: [ReplicaRecord] = []
        var bytes = 0
        for record in backlog[Int(number - base)...].prefix(configuration.batchRecords) {
            bytes += record.payloadBytes
            if !records.isEmpty, bytes > configuration.batchBytes { break }
            records.append(record)
        }
        return records
    }

    private func message(_ records: [ReplicaRecord], after number: UInt64, now: Timestamp) -> ReplicaMessage {
        .append(ReplicaAppend(epoch: epoch, after: number, records: records, sent: now))
    }

    mutating func take(_ standing: ReplicaStanding, from member: MemberID, now: Timestamp) -> [Action] {
        noteAnswer(of: member, sent: standing.sent, now: now)
        guard var follower = followers[member] else { return [] }
        var actions: [Action] = []
        switch follower.state {
        case .asked, .snapshot: break
        case .unknown:
            guard let number = standing.resumesAfter ?? standing.synced, number >= base, number <= end else {
                follower.state = .asked(now)
                follower.lastProgress = now
                actions.append(.send(.survey(epoch, sent: now), to: member))
                break
            }
            follower.state = .following
            follower.sent = number
            follower.confirmed = min(standing.synced ?? 0, number)
            follower.lastProgress = now
        case .following:
            if let synced = standing.synced, synced <= end, synced >= follower.confirmed {
                follower.confirmed = synced
                follower.sent = max(follower.sent, synced)
            }
            // Everything that was on its way behind what was lost is answered so: go back once.
            if let number = standing.resumesAfter, number >= base, number < follower.sent,
                follower.wentBack.map({ $0 < standing.sent }) ?? true
            {
                follower.sent = number
                follower.wentBack = now
            }
            // What it lacks next is in the backlog no more, or it has nothing of this ownership any more.
            let isLeftBehind =
                standing.resumesAfter.map { max($0, follower.confirmed) < base } ?? (standing.synced == nil)
            if isLeftBehind { follower.state = .unknown }
            follower.confirmed = min(follower.confirmed, follower.sent)
            if follower.confirmed == follower.sent || standing.synced != nil { follower.lastProgress = now }
        }
        followers[member] = follower
        return actions + send(to: member, now: now) + settle(now: now)
    }

    /// Whether a member was asked then what it holds, and has not said it yet.
    func isAwaitingReport(of member: MemberID, asked sent: Timestamp) -> Bool {
        if case .asked(sent)? = followers[member]?.state { true } else { false }
    }

    /// A member has said what it holds: it gets what it lacks of what there is now, and then what follows.
    ///
    /// - Parameters:
    ///   - position: where the member was.
    ///   - held: all that there is.
    ///   - lacking: what the member has not, or not to its end.
    public mutating func surveyed(
        _ member: MemberID, at position: ReplicaPosition?, held: SequenceSet, lacking: SequenceSet, sent: Timestamp,
        now: Timestamp
    ) -> [Action] {
        guard !isDeposed, isAwaitingReport(of: member, asked: sent) else { return [] }
        let snapshot = Follower.Snapshot(survey: sent, position: position, number: end, held: held, lacking: lacking)
        noteAnswer(of: member, sent: sent, now: now)
        followers[member]?.lastProgress = now
        return goOn(snapshot, for: member, now: now)
    }

    /// Some of what a member lacks was read from the store.
    ///
    /// - Parameters:
    ///   - taken: of what was to be read, the part that this is all of.
    ///   - records: entries, and what became of them; nothing of what was forgotten meanwhile.
    public mutating func snapshotRead(
        _ taken: SequenceSet, _ records: [ReplicaRecord], for member: MemberID, survey: Timestamp, now: Timestamp
    ) -> [Action] {
        guard !isDeposed, case .snapshot(var snapshot)? = followers[member]?.state, snapshot.survey == survey,
            snapshot.isReading
        else { return [] }
        snapshot.isReading = false
        snapshot.lacking = snapshot.lacking.subtracting(taken)
        followers[member]?.lastProgress = now
        let part = nextPart(&snapshot, records, for: member, now: now)
        return [part] + goOn(snapshot, for: member, now: now)
    }

    private mutating func nextPart(
        _ snapshot: inout Follower.Snapshot, _ records: [ReplicaRecord], for member: MemberID, now: Timestamp
    ) -> Action {
        highestSent[member] = end
        snapshot.isWhole = snapshot.lacking.isEmpty
        let part = SnapshotPart(
            epoch: epoch, survey: snapshot.survey, position: snapshot.position, part: snapshot.sentParts,
            records: records,
            end: snapshot.isWhole
                ? SnapshotPart.End(number: snapshot.number, roster: sentRoster, held: snapshot.held) : nil,
            sent: now)
        snapshot.sentParts += 1
        return .send(.snapshot(part), to: member)
    }

    /// While one part is on its way the next one is read and sent too.
    private mutating func goOn(
        _ snapshot: Follower.Snapshot, for member: MemberID, now: Timestamp
    ) -> [Action] {
        var snapshot = snapshot
        defer { followers[member]?.state = .snapshot(snapshot) }
        guard !snapshot.isWhole, !snapshot.isReading, snapshot.sentParts - snapshot.installedParts < 2 else {
            return []
        }
        guard !snapshot.lacking.isEmpty else { return [nextPart(&snapshot, [], for: member, now: now)] }
        snapshot.isReading = true
        let page = snapshot.lacking.first(configuration.snapshotEntries)
        return [.readSnapshot(page, for: member, survey: snapshot.survey)]
    }

    mutating func installed(_ part: Int, by member: MemberID, sent: Timestamp, now: Timestamp) -> [Action] {
        guard followers[member] != nil else { return [] }
        noteAnswer(of: member, sent: sent, now: now)
        followers[member]?.lastProgress = now
        var actions: [Action] = []
        if case .snapshot(var snapshot)? = followers[member]?.state, sent >= snapshot.survey,
            part == snapshot.installedParts, part < snapshot.sentParts
        {
            snapshot.installedParts += 1
            if !snapshot.isWhole || snapshot.installedParts < snapshot.sentParts {
                actions = goOn(snapshot, for: member, now: now)
            } else if snapshot.number < base {
                // What follows has left the backlog meanwhile: once more.
                followers[member]?.state = .unknown
            } else {
                followers[member]?.state = .following
                followers[member]?.sent = snapshot.number
                followers[member]?.confirmed = snapshot.number
            }
        }
        return actions + send(to: member, now: now) + settle(now: now)
    }

    /// The answer to what was sent then has come.
    private mutating func noteAnswer(of member: MemberID, sent: Timestamp, now: Timestamp) {
        let before = followers[member]?.answered ?? sent
        // Nothing was sent later than now, whatever comes back.
        followers[member]?.answered = min(max(before, sent), now)
    }
}
