public import FoundationEssentials
internal import Mesh

/// An entry, as a handler gets it.
public struct Delivery: Sendable {
    /// What was enqueued, but for the payload.
    public let header: EntryHeader
    /// What was enqueued.
    public let payload: [UInt8]
    /// Which run this is, from 1 on. Above 1 the effect of an earlier one may be there. A member that takes over counts anew.
    public let run: Int
    /// By whose ownership it runs, where there is a group. Let effects be refused that come with a lower one than came before: two members may
    /// run an entry at once.
    public let epoch: TakeoverEpoch?

    /// What tells the entry from every other one.
    public var identity: EntryIdentity { header.identity }
}

/// Entries of one origin, to be run together.
public struct Batch: Sendable {
    /// One of them.
    public struct Member: Sendable {
        let header: EntryHeader
        /// Nil where it has to be read from the store.
        let payload: [UInt8]?
        let run: Int
    }

    /// Who took them in.
    public let origin: UUID
    /// In the order in which they are to be run.
    public let members: [Member]

    /// What tells them from others.
    public var identities: [EntryIdentity] { members.map(\.header.identity) }
}

// From the acknowledgement to the end.
extension QueueState {
    /// The next batch, if there is one and may run beside those that do. Its ``runRecord(of:)`` has to be written before it runs.
    ///
    /// - Parameter origins: those whose entries may run at present; nil for all that are owned.
    public mutating func nextBatch(of origins: Set<UUID>? = nil) -> Batch? {
        guard runningBatches < configuration.concurrentBatches, !isRunningSuspect else { return nil }
        for (index, origin) in owned.enumerated() where origins?.contains(origin) ?? true {
            guard let first = lanes[origin]?.first else { continue }
            // It waits until nothing else runs: what else would have been running is under no suspicion.
            if let item = items[first], isSuspect(item), runningBatches > 0 { return nil }
            let members = take(from: origin)
            guard !members.isEmpty else { continue }
            owned.append(owned.remove(at: index))
            runningBatches += 1
            return Batch(origin: origin, members: members)
        }
        return nil
    }

    private mutating func take(from origin: UUID) -> [Batch.Member] {
        var members: [Batch.Member] = []
        var bytes = 0
        while members.count < configuration.batchEntries, let identity = lanes[origin]?.first,
            let item = items[identity]
        {
            if isSuspect(item) {
                guard members.isEmpty else { break }
                isRunningSuspect = true
            }
            guard members.isEmpty || bytes + item.header.payloadBytes <= configuration.batchBytes else { break }
            lanes[origin]?.takeFirst()
            bytes += item.header.payloadBytes
            members.append(begin(identity, item))
            if isRunningSuspect { break }
        }
        lanes[origin]?.endBatch()
        return members
    }

    /// Says that a batch is begun, but for what was completed by others since it was put together.
    public func runRecord(of batch: Batch) -> StoreRecord {
        .run(batch.identities.filter { items[$0]?.phase == .running })
    }

    private func isSuspect(_ item: Item) -> Bool { item.progress.failures > 0 || item.progress.crashes > 0 }

    private mutating func begin(_ identity: EntryIdentity, _ item: Item) -> Batch.Member {
        items[identity]?.phase = .running
        items[identity]?.progress.begin()
        running.insert(identity)
        return Batch.Member(header: item.header, payload: item.payload, run: item.progress.runs + 1)
    }

    /// A batch has ended; those named in `failures` with an error, the others well.
    public mutating func finished(
        _ batch: Batch, failures: [EntryIdentity: String], now: Timestamp
    ) -> [Action] {
        endBatch(batch)
        var actions = complete(batch.identities.filter { failures[$0] == nil }, now: now)
        var records: [StoreRecord] = []
        let failed = batch.members.filter { failures[$0.header.identity] != nil }
        let first = Dictionary(
            failed.compactMap { member in lane(of: member.header).map { ($0, member.header.identity) } },
            uniquingKeysWith: { first, _ in first })
        // The last first, so that those of one key come to stand before each other in their order; they wait for the first of them.
        for header in failed.reversed().map(\.header) where items[header.identity]?.phase == .running {
            let isBehind = lane(of: header).map { first[$0] != header.identity } ?? false
            records += fail(header.identity, failures[header.identity] ?? "", isBehind: isBehind, now: now)
        }
        if !records.isEmpty { actions.append(.store(records.reversed(), until: .written, intake: nil)) }
        return actions + [.dispatch]
    }

    /// A batch was given up without an outcome, because the process ends.
    public mutating func released(_ batch: Batch) -> [Action] {
        endBatch(batch)
        let released = batch.identities.filter { items[$0]?.phase == .running }
        for identity in released.reversed() { putBack(identity) }
        return [.store([.release(released)], until: .written, intake: nil), .dispatch]
    }

    private mutating func endBatch(_ batch: Batch) {
        runningBatches -= 1
        isRunningSuspect = false
        for identity in batch.identities { running.remove(identity) }
        for member in batch.members { if let key = lane(of: member.header) { lanes[batch.origin]?.free(key) } }
    }

    /// These were completed, by a handler here or by whoever read them.
    public mutating func complete(_ identities: [EntryIdentity], now: Timestamp) -> [Action] {
        var completed: [EntryIdentity] = []
        var actions: [Action] = []
        for identity in identities {
            guard let item = items[identity] else { continue }
            switch item.phase {
            case .completed, .dead, .storing, .withdrawing: continue
            case .ready, .backingOff: leaveLane(identity)
            case .replicating: actions.append(.acknowledge(identity))
            case .running, .foreign: break
            }
            completed.append(identity)
            if item.phase != .foreign { countOut(item.header) }
            dropPayload(identity)
            items[identity]?.phase = .completed
            items[identity]?.progress.status = .completed(now)
            remember(identity, now: now)
        }
        guard !completed.isEmpty else { return [] }
        actions.append(.store(completion(of: completed, now: now), until: .written, intake: nil))
        return actions + [.admit]
    }

    /// Takes an entry out of its line, where it stands in one.
    mutating func leaveLane(_ identity: EntryIdentity) {
        guard let item = items[identity] else { return }
        let key = lane(of: item.header)
        switch item.phase {
        case .ready: lanes[identity.origin]?.remove(identity, key: key)
        case .backingOff: if let key { lanes[identity.origin]?.remove(identity, key: key) }
        default: break
        }
    }

    private mutating func fail(
        _ identity: EntryIdentity, _ error: String, isBehind: Bool, now: Timestamp
    ) -> [StoreRecord] {
        items[identity]?.progress.fail(error)
        let failures = items[identity]?.progress.failures ?? 0
        let record = StoreRecord.fail(identity, error: error)
        guard owned.contains(identity.origin) else {
            putAside(identity)
            return [record]
        }
        guard failures < configuration.maximumFailures else {
            return [bury(identity, .failures, error, now: now), record]
        }
        guard !isBehind else {
            putBack(identity)
            return [record]
        }
        let due = now + delay(afterFailures: failures)
        items[identity]?.phase = .backingOff(until: due)
        if let key = items[identity].flatMap({ lane(of: $0.header) }) {
            lanes[identity.origin]?.block(key, with: identity)
        }
        retries.insert(identity, at: due)
        return [record]
    }

    private mutating func delay(afterFailures failures: Int) -> Duration {
        let doubled = configuration.retryDelay * (1 << min(failures - 1, 30))
        return random.jittered(min(doubled, configuration.retryDelayLimit))
    }

    mutating func bury(
        _ identity: EntryIdentity, _ reason: DeadLetter.Reason, _ error: String, now: Timestamp
    ) -> StoreRecord {
        let letter = DeadLetter(reason: reason, error: error, time: now)
        items[identity]?.phase = .dead
        items[identity]?.progress.bury(letter)
        dropPayload(identity)
        countDead(identity)
        return .bury(identity, letter)
    }

    private mutating func putBack(_ identity: EntryIdentity) {
        guard let header = items[identity]?.header else { return }
        guard owned.contains(identity.origin) else { return putAside(identity) }
        items[identity]?.phase = .ready
        items[identity]?.progress.status = .waiting
        lanes[identity.origin, default: Lanes()].putBack(identity, key: lane(of: header))
    }
}
