public import FoundationEssentials

// What the owner of another origin says of its entries, and of the own ones while they are another's.
extension QueueState {
    /// Takes over what a member was told of entries. It is in the store, or on its way there.
    ///
    /// - Returns: what is to be done about intakes whose entries are gone, or were run; nothing is to be stored.
    public mutating func hold(_ records: [ReplicaRecord], of other: UUID, now: Timestamp) -> [Action] {
        var actions: [Action] = []
        for record in records {
            switch record {
            case .add(let entry): hold(entry.header)
            case .completed(let sequences, let time):
                for sequence in sequences {
                    actions += end(
                        EntryIdentity(origin: other, sequence: sequence), .completed, .completed(time), now: now)
                }
            case .buried(let sequence, let letter):
                actions += end(EntryIdentity(origin: other, sequence: sequence), .dead, .dead(letter), now: now)
            case .forgotten(let sequences):
                for sequence in sequences { actions += drop(EntryIdentity(origin: other, sequence: sequence)) }
            case .roster: break
            }
        }
        return actions
    }

    private mutating func hold(_ header: EntryHeader) {
        guard items[header.identity] == nil else { return }
        insert(header, payload: nil, phase: .foreign)
        nameUnlessTaken(header)
    }

    private mutating func end(
        _ identity: EntryIdentity, _ phase: Phase, _ status: EntryStatus, now: Timestamp
    ) -> [Action] {
        guard let item = items[identity], item.phase != .completed, item.phase != .dead else { return [] }
        // One that runs here since before is left to its end, which changes nothing any more.
        if item.phase != .foreign { setAside(identity) }
        dropPayload(identity)
        items[identity]?.phase = phase
        items[identity]?.progress.status = status
        // By the own clock, since that of its owner may be ahead.
        if phase == .completed { remember(identity, now: now) }
        guard item.isUnacknowledged else { return [] }
        // Whoever gave it has been told nothing yet, and it was run.
        items[identity]?.isUnacknowledged = false
        return [.acknowledge(identity)]
    }

    /// An entry that its owner knows nothing of: finished and forgotten, or never acknowledged.
    private mutating func drop(_ identity: EntryIdentity) -> [Action] {
        guard let item = items[identity] else { return [] }
        switch item.phase {
        case .foreign, .completed: break
        case .dead:
            if owned.contains(identity.origin) {
                countOut(item.header)
                countAlive(item.header.identity)
            }
        default: setAside(identity)
        }
        remove(identity)
        if item.phase == .completed { remembered.tidy(identity.origin) { items[$0]?.phase == .completed } }
        guard identity.origin == origin else { return [] }
        let message =
            "the entry \(identity) of \(configuration.name) was not confirmed by enough members before another member took over, which drops "
            + "it: give it again"
        return [.reject(identity, code: .notOwner, message: message)]
    }

    private mutating func setAside(_ identity: EntryIdentity) {
        leaveLane(identity)
        putAside(identity)
    }
}
