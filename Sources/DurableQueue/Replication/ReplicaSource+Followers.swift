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
                follower.state = .snapshot(at: end, part: 0, after: 0, isRead: false, end: nil)
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
        guard let follower = followers[member], !isDeposed,
            case .snapshot(let number, let part, after, isRead: false, _) = follower.state
        else { return [] }
        highestSent[member] = self.end
        let end = isLast ? SnapshotPart.End(number: number, roster: sentRoster) : nil
        let last = records.reduce(after) { last, record in
            if case .add(let entry) = record { max(last, entry.identity.sequence) } else { last }
        }
        followers[member]?.state = .snapshot(at: number, part: part, after: last, isRead: true, end: end)
        followers[member]?.lastProgress = now
        let message = SnapshotPart(epoch: epoch, part: part, records: records, end: end, sent: now)
        return [.send(.snapshot(message), to: member)]
    }

    mutating func installed(_ part: Int, by member: MemberID, sent: Timestamp, now: Timestamp) -> [Action] {
        guard var follower = followers[member] else { return [] }
        follower.answered = max(follower.answered ?? sent, sent)
        follower.lastProgress = now
        var actions: [Action] = []
        if case .snapshot(let number, part, let after, isRead: true, let end) = follower.state {
            if end == nil {
                follower.state = .snapshot(at: number, part: part + 1, after: after, isRead: false, end: nil)
                actions.append(.readSnapshot(for: member, after: after))
            } else if number < base {
                // What follows has left the backlog meanwhile: once more.
                follower.state = .unknown
            } else {
                follower.state = .following
                (follower.sent, follower.confirmed) = (number, number)
            }
        }
        followers[member] = follower
        return actions + send(to: member, now: now) + settle(now: now)
    }
}
