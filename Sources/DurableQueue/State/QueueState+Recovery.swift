internal import DequeModule
public import FoundationEssentials

// What a store had, and what people do about dead letters.
extension QueueState {
    mutating func recover(_ entries: [StoredEntry], now: Timestamp) -> [Action] {
        var records: [StoreRecord] = []
        var toReplicate: [EntryIdentity] = []
        var completed: [(identity: EntryIdentity, until: Timestamp)] = []
        for stored in entries {
            let identity = stored.identity
            insert(stored.header, payload: nil, phase: .ready, progress: stored.progress)
            switch stored.progress.status {
            case .completed(let time):
                items[identity]?.phase = .completed
                completed.append((identity, time + configuration.dedupeWindow))
            case .dead:
                items[identity]?.phase = .dead
                countIn(stored.header)
                load.dead += 1
            case .waiting, .running:
                guard identity.origin == origin else {
                    items[identity]?.phase = .foreign
                    continue
                }
                countIn(stored.header)
                if let record = recoverUnfinished(identity, &toReplicate, now: now) { records.append(record) }
            }
        }
        remembered.append(contentsOf: completed.sorted { $0.until < $1.until })
        var actions: [Action] = []
        if !records.isEmpty { actions.append(.store(records, until: .written, intake: nil)) }
        if !toReplicate.isEmpty { actions.append(.replicate(toReplicate)) }
        return actions + [.dispatch]
    }

    private mutating func recoverUnfinished(
        _ identity: EntryIdentity, _ toReplicate: inout [EntryIdentity], now: Timestamp
    ) -> StoreRecord? {
        guard let progress = items[identity]?.progress else { return nil }
        if case .running = progress.status, progress.crashes + 1 >= configuration.maximumCrashes {
            let error =
                "the process ended \(progress.crashes + 1) times while it ran; the last error of the handler: "
                + (progress.lastError ?? "none")
            return bury(identity, .crashes, error, now: now)
        }
        // The store counts the crash with the next run; here it has to count for the choice of the batch.
        if case .running = progress.status {
            items[identity]?.progress.crashes += 1
            items[identity]?.progress.status = .waiting
        }
        guard isSafe(progress) else {
            items[identity]?.phase = .replicating
            toReplicate.append(identity)
            return nil
        }
        makeReady(identity)
        return nil
    }

    /// Whether as many members hold it as the mode asks for. Where all members are asked for, who they are is not known yet.
    private func isSafe(_ progress: EntryProgress) -> Bool {
        switch configuration.mode {
        case .queueOnly: true
        case .replicated(let minimum): progress.holders.count >= minimum || progress.runs > 0
        case .replicationOnly: progress.runs > 0
        }
    }

    /// Runs the entries of another origin from now on, because that member has gone for good.
    public mutating func takeOver(_ other: UUID) -> [Action] {
        let taken = items.filter { $0.key.origin == other && $0.value.phase == .foreign }.keys.sorted()
        for identity in taken {
            if let header = items[identity]?.header { countIn(header) }
            makeReady(identity)
        }
        return taken.isEmpty ? [] : [.dispatch]
    }

    /// Gives dead letters another chance, their failures and crashes counted from 0. The answer says which of them were dead.
    public mutating func revive(_ identities: [EntryIdentity]) -> (revived: [EntryIdentity], actions: [Action]) {
        let dead = identities.filter { items[$0]?.phase == .dead }
        for identity in dead {
            items[identity]?.progress.revive()
            load.dead -= 1
            intakeOrder.prepend(identity)
            makeReady(identity)
        }
        let records = dead.map { StoreRecord.revive($0) }
        return (dead, dead.isEmpty ? [] : [.store(records, until: .synced, intake: nil), .dispatch])
    }

    /// Takes dead letters away, with their payloads. The answer says which of them were dead.
    public mutating func drop(_ identities: [EntryIdentity]) -> (dropped: [EntryIdentity], actions: [Action]) {
        let dead = identities.filter { items[$0]?.phase == .dead }
        for identity in dead {
            if let header = items[identity]?.header { countOut(header) }
            load.dead -= 1
            remove(identity)
        }
        return (dead, dead.isEmpty ? [] : [.store([.forget(dead)], until: .synced, intake: nil), .admit])
    }

    /// The dead letters, in order.
    public var deadLetters: [StoredEntry] {
        guard load.dead > 0 else { return [] }
        return items.values.filter { $0.phase == .dead }.map { StoredEntry(header: $0.header, progress: $0.progress) }
            .sorted { $0.identity < $1.identity }
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
