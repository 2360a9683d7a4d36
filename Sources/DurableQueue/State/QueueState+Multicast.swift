internal import FoundationEssentials
internal import HeapModule

// Where every member runs every entry: what comes from others, and when anything may be forgotten.
extension QueueState {
    /// What is over at all members, and what waits for that.
    struct Everywhere: Sendable {
        /// By origin: everything below is over.
        var floors: [UUID: UInt64] = [:]
        /// What was completed here so long ago that it is only remembered for the sake of others.
        var overdue: [UUID: Heap<UInt64>] = [:]
    }

    /// What a member knows of an entry that an origin asks it about.
    enum Standing { case unknown, coming, held, completed, dead }

    func standing(of identity: EntryIdentity) -> Standing {
        switch items[identity]?.phase {
        case nil: .unknown
        case .storing: .coming
        case .completed: .completed
        case .dead: .dead
        default: .held
        }
    }

    /// An entry of another member has come, and is to be stored. False if it is known.
    mutating func arrive(_ entry: Entry) -> Bool {
        guard items[entry.identity] == nil, entry.identity.origin != origin else { return false }
        if !owned.contains(entry.identity.origin) { owned.append(entry.identity.origin) }
        let known = ids[entry.header.id]
        insert(entry.header, payload: entry.payload, phase: .storing)
        if let known { ids[entry.header.id] = known }
        countIn(entry.header)
        return true
    }

    /// Entries of another member are on the disk, to be run; or are not, as if they had not come.
    mutating func arrived(_ identities: [EntryIdentity], isStored: Bool) -> [Action] {
        var actions: [Action] = []
        for identity in identities {
            guard let item = items[identity], item.phase == .storing else { continue }
            if isStored {
                makeReady(identity)
                actions.append(.acknowledge(identity))
            } else {
                countOut(item.header)
                remove(identity)
            }
        }
        return actions + [isStored ? .dispatch : .admit]
    }

    /// Everything of an origin below this sequence is over at all members.
    mutating func setFloor(_ floor: UInt64, of other: UUID) -> [Action] {
        guard everywhere.floors[other] != floor else { return [] }
        everywhere.floors[other] = floor
        var forgotten: [EntryIdentity] = []
        while let first = everywhere.overdue[other]?.min, first < floor {
            everywhere.overdue[other]?.removeMin()
            forgotten.append(EntryIdentity(origin: other, sequence: first))
        }
        for identity in forgotten { remove(identity) }
        return forgotten.isEmpty ? [] : [.store([.forget(forgotten)], until: .written, intake: nil)]
    }

    /// Whether an entry whose time is over may be forgotten; if not, that is done when it is over for all.
    mutating func mayForget(_ identity: EntryIdentity) -> Bool {
        guard configuration.mode == .replicationOnly else { return true }
        guard identity.sequence >= everywhere.floors[identity.origin] ?? 0 else { return true }
        everywhere.overdue[identity.origin, default: Heap()].insert(identity.sequence)
        return false
    }

    /// Others may lack what is completed here: its payload stays as long as the entry.
    func completion(of identities: [EntryIdentity], now: Timestamp) -> [StoreRecord] {
        let keeps = configuration.keepsCompletedPayloads
        guard configuration.mode == .replicationOnly, !keeps else {
            return [.complete(identities, at: now, keepsPayload: keeps)]
        }
        let own = identities.filter { $0.origin == origin }
        let others = identities.filter { $0.origin != origin }
        return [(own, true), (others, false)].filter { !$0.0.isEmpty }.map {
            .complete($0.0, at: now, keepsPayload: $0.1)
        }
    }
}
