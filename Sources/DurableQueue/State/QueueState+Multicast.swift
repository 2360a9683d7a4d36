internal import FoundationEssentials
internal import HeapModule

// Where every member runs every entry: what comes from others, and when anything may be forgotten.
extension QueueState {
    /// What is over at all members, and what waits for that.
    struct Everywhere: Sendable {
        /// By origin: everything below is over, and does not run here any more, however late it comes.
        var floors: [UUID: UInt64] = [:]
        /// Origins that nobody has heard of for so long that nothing is remembered for their sake.
        var lost: Set<UUID> = []
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
        let identity = entry.identity
        guard items[identity] == nil, identity.origin != origin, identity.sequence >= floor(of: identity.origin) else {
            return false
        }
        if !owned.contains(entry.identity.origin) { owned.append(entry.identity.origin) }
        insert(entry.header, payload: entry.payload, phase: .storing)
        nameUnlessTaken(entry.header)
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

    private func floor(of other: UUID) -> UInt64 { everywhere.floors[other] ?? 0 }

    /// Everything of an origin below this sequence is over at all members. What is heard late changes nothing.
    mutating func setFloor(_ floor: UInt64, of other: UUID) -> [Action] {
        everywhere.lost.remove(other)
        guard floor > self.floor(of: other) else { return [] }
        everywhere.floors[other] = floor
        return forgetOverdue(of: other)
    }

    /// Nothing was heard of an origin for so long that it counts as lost.
    mutating func lose(_ other: UUID) -> [Action] {
        everywhere.lost.insert(other)
        return forgetOverdue(of: other)
    }

    private mutating func forgetOverdue(of other: UUID) -> [Action] {
        let limit = everywhere.lost.contains(other) ? .max : floor(of: other)
        var forgotten: [EntryIdentity] = []
        while let first = everywhere.overdue[other]?.min, first < limit {
            everywhere.overdue[other]?.removeMin()
            forgotten.append(EntryIdentity(origin: other, sequence: first))
        }
        for identity in forgotten { remove(identity) }
        return forgotten.isEmpty ? [] : [.store(forgetting(forgotten), until: .written, intake: nil)]
    }

    /// With entries of another the floor goes to the disk: what was forgotten is known from it when a message of long ago comes.
    func forgetting(_ identities: [EntryIdentity]) -> [StoreRecord] {
        let others = Set(identities.map(\.origin)).subtracting([origin])
        let floors = others.sorted().compactMap { other in
            everywhere.floors[other].map { StoreRecord.mark(ReplicaMark(floor: $0, of: other), of: other) }
        }
        return floors + [.forget(identities)]
    }

    /// What was over at all members when the process ended before.
    mutating func recoverFloors(_ marks: [UUID: ReplicaMark]) {
        for (other, mark) in marks where other != origin { everywhere.floors[other] = mark.floor }
    }

    /// Up to here nothing is taken in any more that is not stored yet: several may write to a store, and the lower one come later.
    mutating func floor(atMost floor: UInt64) -> UInt64 {
        tidyUndecided()
        return undecided.lazy.prefix { $0 < floor }.first(where: isBeingStored) ?? floor
    }

    private func isBeingStored(_ sequence: UInt64) -> Bool {
        let phase = items[EntryIdentity(origin: origin, sequence: sequence)]?.phase
        return phase == .storing || phase == .withdrawing
    }

    /// Whether an entry whose time is over may be forgotten; if not, that is done when it is over for all.
    mutating func mayForget(_ identity: EntryIdentity) -> Bool {
        guard configuration.mode == .replicationOnly else { return true }
        let other = identity.origin
        guard identity.sequence >= floor(of: other), !everywhere.lost.contains(other) else { return true }
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
