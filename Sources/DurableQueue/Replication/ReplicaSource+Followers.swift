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
        guard var follower = followers[member] else { return [] }
        follower.answered = max(follower.answered ?? standing.sent, standing.sent)
        var actions: [Action] = []
        switch follower.state {
        case .snapshot: break
        case .unknown:
            guard let number = standing.resumesAfter ?? standing.synced, number >= base, number <= end else {
                follower.state = .snapshot(Follower.Snapshot(number: end, began: now))
                follower.lastProgress = now
                actions.append(.readSnapshot(for: member, after: 0))
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
            if standing.synced == nil, standing.resumesAfter == nil { follower.state = .unknown }
            follower.confirmed = min(follower.confirmed, follower.sent)
            if follower.confirmed == follower.sent || standing.synced != nil { follower.lastProgress = now }
        }
        followers[member] = follower
        return actions + send(to: member, now: now) + settle(now: now)
    }

    /// The entries behind a sequence, with what became of them, were read from the store.
    public mutating func snapshotRead(
        for member: MemberID, after: UInt64, _ records: [ReplicaRecord], isLast: Bool, now: Timestamp
    ) -> [Action] {
        guard !isDeposed, case .snapshot(var snapshot)? = followers[member]?.state, snapshot.isReading,
            snapshot.after == after
        else { return [] }
        highestSent[member] = end
        if isLast { snapshot.end = SnapshotPart.End(number: snapshot.number, roster: sentRoster) }
        let part = SnapshotPart(
            epoch: epoch, part: snapshot.sentParts, records: records, end: snapshot.end, sent: now)
        snapshot.after = records.reduce(after) { last, record in
            if case .add(let entry) = record { max(last, entry.identity.sequence) } else { last }
        }
        snapshot.sentParts += 1
        snapshot.isReading = false
        let actions = readOn(&snapshot, for: member)
        followers[member]?.state = .snapshot(snapshot)
        followers[member]?.lastProgress = now
        return [.send(.snapshot(part), to: member)] + actions
    }

    /// While one part is on its way the next one is read and sent too. Not before the first is on the disk: until then the member may take what
    /// follows for a part of an earlier snapshot.
    private func readOn(_ snapshot: inout Follower.Snapshot, for member: MemberID) -> [Action] {
        let most = snapshot.installedParts == 0 ? 1 : 2
        guard snapshot.end == nil, !snapshot.isReading, snapshot.sentParts - snapshot.installedParts < most else {
            return []
        }
        snapshot.isReading = true
        return [.readSnapshot(for: member, after: snapshot.after)]
    }

    mutating func installed(_ part: Int, by member: MemberID, sent: Timestamp, now: Timestamp) -> [Action] {
        guard var follower = followers[member] else { return [] }
        follower.answered = max(follower.answered ?? sent, sent)
        follower.lastProgress = now
        var actions: [Action] = []
        if case .snapshot(var snapshot) = follower.state, sent >= snapshot.began, part == snapshot.installedParts,
            part < snapshot.sentParts
        {
            snapshot.installedParts += 1
            if snapshot.end == nil || snapshot.installedParts < snapshot.sentParts {
                actions += readOn(&snapshot, for: member)
                follower.state = .snapshot(snapshot)
            } else if snapshot.number < base {
                // What follows has left the backlog meanwhile: once more.
                follower.state = .unknown
            } else {
                follower.state = .following
                (follower.sent, follower.confirmed) = (snapshot.number, snapshot.number)
            }
        }
        followers[member] = follower
        return actions + send(to: member, now: now) + settle(now: now)
    }
}
