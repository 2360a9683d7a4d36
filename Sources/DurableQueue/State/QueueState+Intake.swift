// From the intake to the acknowledgement.
extension QueueState {
    /// Takes an entry in, unless its id is known or there is no room.
    ///
    /// - Parameter id: what it is to be known by; nil has one made.
    /// - Throws: ``DurableQueueError/Code/tooLarge``.
    public mutating func enqueue(
        id: EntryID?, key: String?, payload: [UInt8], now: Timestamp
    ) throws(DurableQueueError) -> Intake {
        if let id, let identity = ids[id], let item = items[identity] {
            return .known(identity, isAcknowledged: Self.isAcknowledged(item.phase))
        }
        try check(id, key, payload)
        guard load.entries < configuration.maximumEntries,
            load.bytes + payload.count <= configuration.maximumBytes || load.entries == 0
        else { return .full }
        let identity = EntryIdentity(origin: origin, sequence: nextSequence)
        nextSequence += 1
        let entry = Entry(
            identity: identity, id: id ?? EntryID.made(using: &random), key: key, enqueued: now, payload: payload)
        insert(entry.header, payload: payload, phase: .storing)
        countIn(entry.header)
        let durability: Durability = configuration.mode == .replicationOnly ? .written : .synced
        return .accepted(identity, [.store([.add(entry)], until: durability, intake: identity)])
    }

    private func check(_ id: EntryID?, _ key: String?, _ payload: [UInt8]) throws(DurableQueueError) {
        for (what, text) in [("id", id?.text), ("key", key)] {
            guard let text, text.utf8.count > EntryID.maximumBytes else { continue }
            throw DurableQueueError(
                .tooLarge,
                "the \(what) “\(text.prefix(40))…” of an entry for \(configuration.name) takes \(text.utf8.count) bytes, at most "
                    + "\(EntryID.maximumBytes) are taken: give a hash of it")
        }
        guard payload.count > configuration.payloadBytes else { return }
        throw DurableQueueError(
            .tooLarge,
            "a payload of \(payload.count) bytes for \(configuration.name) was refused, at most \(configuration.payloadBytes) are taken: split "
                + "it, or raise the bound")
    }

    mutating func insert(
        _ header: EntryHeader, payload: [UInt8]?, phase: Phase, progress: EntryProgress = EntryProgress()
    ) {
        var item = Item(header: header, payload: nil, phase: phase, progress: progress)
        if let payload, residentBytes + payload.count <= configuration.residentBytes {
            item.payload = payload
            residentBytes += payload.count
        }
        items[header.identity] = item
        ids[header.id] = header.identity
    }

    static func isAcknowledged(_ phase: Phase) -> Bool { phase != .storing && phase != .replicating }

    /// The store has an entry that was taken in.
    public mutating func stored(_ identity: EntryIdentity, now: Timestamp) -> [Action] {
        guard items[identity]?.phase == .storing else { return [] }
        items[identity]?.phase = .replicating
        guard !isReplicatedEnough(identity) else { return acknowledge(identity) }
        return [.replicate([identity])]
    }

    /// The store did not take an entry: it is as if it had never been there.
    public mutating func storeFailed(_ identity: EntryIdentity, _ error: DurableQueueError) -> [Action] {
        guard let item = items[identity], item.phase == .storing else { return [] }
        countOut(item.header)
        remove(identity)
        return [.reject(identity, code: error.code, message: error.message), .admit]
    }

    /// A member has confirmed that it has entries in its store.
    public mutating func held(_ identities: [EntryIdentity], by member: MemberID, now: Timestamp) -> [Action] {
        var noted: [EntryIdentity] = []
        var actions: [Action] = []
        for identity in identities where items[identity] != nil {
            guard items[identity]?.progress.holders.insert(member).inserted == true else { continue }
            noted.append(identity)
            if items[identity]?.phase == .replicating, isReplicatedEnough(identity) {
                actions += acknowledge(identity)
            }
        }
        guard !noted.isEmpty else { return [] }
        return [.store([.held(noted, by: member)], until: .written, intake: nil)] + actions
    }

    /// Enough members hold entries, as whoever counts them in the roster says: those that wait for it are acknowledged.
    public mutating func safe(_ identities: [EntryIdentity]) -> [Action] {
        identities.flatMap { items[$0]?.phase == .replicating ? acknowledge($0) : [] }
    }

    /// A member has run entries, where every member does.
    public mutating func completedElsewhere(_ identities: [EntryIdentity], by member: MemberID) -> [Action] {
        let noted = identities.filter { items[$0]?.progress.completedBy.insert(member).inserted == true }
        return noted.isEmpty ? [] : [.store([.completedElsewhere(noted, by: member)], until: .written, intake: nil)]
    }

    /// The other members of the group, as far as they have caught up. What waits for members is sent to new ones.
    public mutating func setMembers(_ new: Set<MemberID>, now: Timestamp) -> [Action] {
        let hasNew = !new.isSubset(of: members)
        members = new
        let waiting = items.filter { $0.value.phase == .replicating }.keys.sorted()
        let enough = waiting.filter(isReplicatedEnough)
        let actions = enough.flatMap { acknowledge($0) }
        let rest = waiting.filter { items[$0]?.phase == .replicating }
        return hasNew && !rest.isEmpty ? actions + [.replicate(rest)] : actions
    }

    private func isReplicatedEnough(_ identity: EntryIdentity) -> Bool {
        guard let holders = items[identity]?.progress.holders else { return false }
        return switch configuration.mode {
        case .queueOnly: true
        case .replicated(let minimum): holders.count >= minimum
        case .replicationOnly: !members.isEmpty && members.isSubset(of: holders)
        }
    }

    /// Whether an entry is stored here and lacks confirmations.
    public func isWaitingForMembers(_ identity: EntryIdentity) -> Bool { items[identity]?.phase == .replicating }

    private mutating func acknowledge(_ identity: EntryIdentity) -> [Action] {
        makeReady(identity)
        return [.acknowledge(identity), .dispatch]
    }
}
