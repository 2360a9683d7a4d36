internal import DequeModule
public import FoundationEssentials

// What a store had, and what people do about dead letters.
extension QueueState {
    mutating func recover(_ entries: [StoredEntry], now: Timestamp) -> [Action] {
        var records: [StoreRecord] = []
        ids.reserveCapacity(entries.count)
        for stored in entries {
            let identity = stored.identity
            insert(stored.header, payload: nil, phase: .ready, progress: stored.progress)
            name(stored.header)
            switch stored.progress.status {
            case .completed:
                items[identity]?.phase = .completed
                // For a whole window more: while nothing ran here, nobody could come back for it.
                remember(identity, now: now)
            case .dead:
                items[identity]?.phase = .dead
                if owned.contains(identity.origin) { countIn(dead: stored.header) }
            case .waiting, .running:
                items[identity]?.phase = .foreign
                guard owned.contains(identity.origin) else { continue }
                records += begin(identity, replicatesFirst: false, now: now)
            }
        }
        var actions: [Action] = []
        if !records.isEmpty { actions.append(.store(records, until: .written, intake: nil)) }
        return actions + [.dispatch]
    }

    private mutating func countIn(dead header: EntryHeader) {
        countIn(header)
        countDead(header.identity)
    }

    /// An unfinished entry that was held is this member's to run from now on.
    private mutating func begin(_ identity: EntryIdentity, replicatesFirst: Bool, now: Timestamp) -> [StoreRecord] {
        guard let item = items[identity] else { return [] }
        countIn(item.header)
        if case .running = item.progress.status {
            guard item.progress.crashes + 1 < configuration.maximumCrashes else {
                let error =
                    "the process ended \(item.progress.crashes + 1) times while it ran; the last error of the handler: "
                    + (item.progress.lastError ?? "none")
                return [bury(identity, .crashes, error, now: now)]
            }
            // The store counts the crash with the next run; here it has to count for the choice of the batch.
            items[identity]?.progress.crashes += 1
            items[identity]?.progress.status = .waiting
        }
        if replicatesFirst {
            items[identity]?.phase = .replicating
        } else {
            makeReady(identity)
        }
        return []
    }

    /// Runs the entries of an origin from now on.
    ///
    /// What this process took in and did not acknowledge waits for ``safe(_:)`` as before, and so does what stands behind it.
    ///
    /// - Parameter replicatesFirst: whether the same holds for whatever was never run.
    /// - Returns: the sequences of the entries that wait for that.
    public mutating func own(
        _ other: UUID, replicatesFirst: Bool = false, now: Timestamp
    ) -> (awaited: [UInt64], actions: [Action]) {
        if !owned.contains(other) { owned.append(other) }
        var records: [StoreRecord] = []
        var waits = false
        for (identity, item) in items.entries(of: other) {
            nameUnlessTaken(item.header)
            switch item.phase {
            case .foreign:
                // What was run before had been acknowledged.
                waits = waits || item.isUnacknowledged || replicatesFirst && item.progress.runs == 0
                records += begin(identity, replicatesFirst: waits, now: now)
            case .dead: countIn(dead: item.header)
            case .running: if let key = lane(of: item.header) { lanes[other, default: Lanes()].hold(key) }
            default: break
            }
        }
        if other == origin { collectUndecided() }
        let awaited = items.entries(of: other).filter { $0.value.phase == .replicating }.map(\.identity.sequence)
        var actions: [Action] = records.isEmpty ? [] : [.store(records, until: .written, intake: nil)]
        actions += [.dispatch, .admit]
        return (awaited, actions)
    }

    /// The entries of an origin are another member's from now on: no run of them is begun. One that is under way goes on.
    public mutating func disown(_ other: UUID) {
        guard owned.contains(other) else { return }
        owned.removeAll { $0 == other }
        lanes[other] = nil
        for (identity, item) in items.entries(of: other) {
            switch item.phase {
            case .ready, .backingOff, .replicating: putAside(identity)
            case .dead:
                countOut(item.header)
                countAlive(identity)
            default: break
            }
        }
    }

    mutating func putAside(_ identity: EntryIdentity) {
        guard let item = items[identity] else { return }
        countOut(item.header)
        dropPayload(identity)
        items[identity]?.phase = .foreign
        items[identity]?.progress.status = .waiting
    }

    /// Whether entries of an origin run here.
    func isRunning(_ other: UUID) -> Bool { running.contains { $0.origin == other } }

    /// Whether anything waits that would run if it might.
    var hasReady: Bool { lanes.values.contains { $0.size > 0 } }

    /// The origins whose entries run here.
    public var ownedOrigins: [UUID] { owned.sorted() }

    /// Gives dead letters another chance, their failures and crashes counted from 0. The answer says which of them were dead.
    public mutating func revive(_ identities: [EntryIdentity]) -> (revived: [EntryIdentity], actions: [Action]) {
        let dead = identities.filter { items[$0]?.phase == .dead && owned.contains($0.origin) }
        for identity in dead {
            items[identity]?.progress.revive()
            countAlive(identity)
            intakeOrder.prepend(identity)
            makeReady(identity)
        }
        let records = dead.map { StoreRecord.revive($0) }
        return (dead, dead.isEmpty ? [] : [.store(records, until: .synced, intake: nil), .dispatch])
    }

    /// Takes dead letters away, with their payloads. The answer says which of them were dead.
    public mutating func drop(_ identities: [EntryIdentity]) -> (dropped: [EntryIdentity], actions: [Action]) {
        let dead = identities.filter { items[$0]?.phase == .dead && owned.contains($0.origin) }
        for identity in dead {
            if let header = items[identity]?.header { countOut(header) }
            countAlive(identity)
            remove(identity)
        }
        return (dead, dead.isEmpty ? [] : [.store([.forget(dead)], until: .synced, intake: nil), .admit])
    }

    /// The dead letters, in order.
    public var deadLetters: [StoredEntry] {
        guard load.dead > 0 else { return [] }
        return items.all.filter { $0.value.phase == .dead && owned.contains($0.identity.origin) }.map {
            StoredEntry(header: $0.value.header, progress: $0.value.progress)
        }
    }

    /// Entries that are neither completed nor dead.
    public var depth: Int { load.entries - load.dead }

    /// Entries that were given up.
    public var deadCount: Int { load.dead }

    /// Entries that run.
    public var runningCount: Int { running.count }

    /// When the oldest entry was taken in that is neither completed nor dead.
    public var oldest: Timestamp? {
        mutating get {
            while let first = intakeOrder.first {
                if let item = items[first], item.phase != .completed, item.phase != .dead {
                    return item.header.enqueued
                }
                intakeOrder.removeFirst()
            }
            return nil
        }
    }
}
