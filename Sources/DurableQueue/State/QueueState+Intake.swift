// From the intake to the acknowledgement.
extension QueueState {
    /// Takes an entry in, unless its id is known or there is no room.
    ///
    /// - Parameter id: what it is to be known by; nil has one made.
    /// - Throws: ``DurableQueueError/Code/tooLarge``.
    public mutating func enqueue(
        id: EntryID?, key: String?, payload: [UInt8], now: Timestamp
    ) throws(DurableQueueError) -> Intake {
        guard isTakingIn else { return .notOwner }
        if let id, let identity = self.entry(knownAs: id), let item = items[identity], item.phase != .foreign {
            return .known(identity, isAcknowledged: Self.isAcknowledged(item.phase))
        }
        try check(id, key, payload)
        guard hasRoom(for: payload.count) else { return .full }
        let identity = EntryIdentity(origin: origin, sequence: nextSequence)
        nextSequence += 1
        let entry = Entry(
            identity: identity, id: id ?? EntryID.made(using: &random), key: key, enqueued: now, payload: payload)
        insert(entry.header, payload: payload, phase: .storing, isUnacknowledged: true)
        if id != nil { name(given: entry.header) }
        countIn(entry.header)
        tidyUndecided()
        undecided.append(identity.sequence)
        return .accepted(identity, [.store([.add(entry)], until: .synced, intake: identity)])
    }

    /// Whether there is room for an entry with a payload of so many bytes. The first is taken however large it is.
    public func hasRoom(for payloadBytes: Int) -> Bool {
        load.entries < configuration.maximumEntries
            && (load.bytes + payloadBytes <= configuration.maximumBytes || load.entries == 0)
    }

    private func check(_ id: EntryID?, _ key: String?, _ payload: [UInt8]) throws(DurableQueueError) {
        try check("id", id?.text)
        try check("key", key)
        guard payload.count > configuration.payloadBytes else { return }
        throw DurableQueueError(
            .tooLarge,
            "a payload of \(payload.count) bytes for \(configuration.name) was refused, at most \(configuration.payloadBytes) are taken: split "
                + "it, or raise the bound")
    }

    private func check(_ what: String, _ text: String?) throws(DurableQueueError) {
        guard let text, text.utf8.count > EntryID.maximumBytes else { return }
        throw DurableQueueError(
            .tooLarge,
            "the \(what) “\(text.prefix(40))…” of an entry for \(configuration.name) takes \(text.utf8.count) bytes, at most "
                + "\(EntryID.maximumBytes) are taken: give a hash of it")
    }

    mutating func insert(
        _ header: EntryHeader, payload: [UInt8]?, phase: Phase, progress: EntryProgress = EntryProgress(),
        isUnacknowledged: Bool = false
    ) {
        var item = Item(
            header: header, payload: nil, phase: phase, progress: progress, isUnacknowledged: isUnacknowledged)
        if let payload, residentBytes + payload.count <= configuration.residentBytes {
            item.payload = payload
            residentBytes += payload.count
        }
        items[header.identity] = item
    }

    static func isAcknowledged(_ phase: Phase) -> Bool {
        switch phase {
        case .storing, .withdrawing, .replicating, .foreign: false
        case .ready, .running, .backingOff, .completed, .dead: true
        }
    }

    /// Whether entries may be taken in: not while they are another member's.
    public var isTakingIn: Bool { owned.contains(origin) }

    /// The store has an entry that was taken in.
    public mutating func stored(_ identity: EntryIdentity, now: Timestamp) -> [Action] {
        guard let item = items[identity] else { return [] }
        if item.phase == .withdrawing { return takeBack(item.header) }
        guard item.phase == .storing else { return [] }
        items[identity]?.phase = .replicating
        guard owned.contains(identity.origin) else {
            putAside(identity)
            return []
        }
        return configuration.mode == .queueOnly ? acknowledge(identity) : []
    }

    /// The store did not take an entry: it is as if it had never been there.
    public mutating func storeFailed(_ identity: EntryIdentity, _ error: DurableQueueError) -> [Action] {
        guard let item = items[identity], item.phase == .storing || item.phase == .withdrawing else { return [] }
        countOut(item.header)
        remove(identity)
        return [.reject(identity, code: error.code, message: error.message), .admit]
    }

    /// Enough members hold entries, as whoever counts them in the roster says: those that wait for it are acknowledged.
    public mutating func safe(_ identities: [EntryIdentity]) -> [Action] {
        identities.flatMap { items[$0]?.phase == .replicating ? acknowledge($0) : [] }
    }

    /// A member holds entries, and has run some, where every member does; that is on its way to the store.
    mutating func noteElsewhere(held: [EntryIdentity], completed: [EntryIdentity], by member: MemberID) {
        for identity in held { items[identity]?.progress.holders.insert(member) }
        for identity in completed { items[identity]?.progress.completedBy.insert(member) }
    }

    /// Whether an entry is stored here and lacks confirmations.
    public func isWaitingForMembers(_ identity: EntryIdentity) -> Bool { items[identity]?.phase == .replicating }

    /// Whether an entry that was taken in here is another member's now, unconfirmed.
    public func isForeign(_ identity: EntryIdentity) -> Bool { items[identity]?.phase == .foreign }

    /// Takes an entry back that waits for members, or for the disk: that is done as soon as it is written. Its id is free at once.
    ///
    /// While the entries are another member's, that one may have it and run it all the same.
    ///
    /// - Returns: nil if it waits for neither, or not any more; and if it may have been acknowledged, by this process or one before.
    public mutating func withdraw(_ identity: EntryIdentity) -> [Action]? {
        // Where every member runs what it holds, it may have been run.
        guard configuration.mode != .replicationOnly, let item = items[identity], item.isUnacknowledged else {
            return nil
        }
        switch item.phase {
        case .replicating: return takeBack(item.header)
        case .foreign:
            remove(identity)
            return [.store([.forget([identity])], until: .synced, intake: nil)]
        case .storing:
            items[identity]?.phase = .withdrawing
            unname(item.header)
            return []
        default: return nil
        }
    }

    private mutating func takeBack(_ header: EntryHeader) -> [Action] {
        countOut(header)
        remove(header.identity)
        return [.store([.forget([header.identity])], until: .synced, intake: nil), .admit]
    }

    private mutating func acknowledge(_ identity: EntryIdentity) -> [Action] {
        makeReady(identity)
        return [.acknowledge(identity), .dispatch]
    }
}
