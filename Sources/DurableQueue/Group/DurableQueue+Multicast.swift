internal import FoundationEssentials
internal import Synchronization

// Where every member runs everything: what the origin decides and what others say, done to the entries, the store and the outbox.
extension DurableQueue.Core {
    /// What is in the store, for those who tell others of it.
    mutating func noteForGroup(_ records: [StoreRecord]) {
        group?.note(records)
        multicast?.note(records)
    }

    var isInGroup: Bool { group != nil || multicast != nil }
}

extension DurableQueue {
    private func carryOut(_ actions: [MulticastSource.Action], _ core: inout Core) -> [QueueState.Action] {
        let origin = store.origin
        let identities = { (sequences: [UInt64]) in sequences.map { EntryIdentity(origin: origin, sequence: $0) } }
        var result: [QueueState.Action] = []
        for action in actions {
            switch action {
            case .members(let members):
                let mark = core.multicast?.mark(members)
                result.append(.store(mark.map { [$0] } ?? [], until: .synced, intake: nil))
            case .read(let sequences, let member): core.multicast?.read(sequences, for: member)
            case .ask(let asked, let member): offer([], asking: asked, to: member, &core)
            case .safe(let sequences): result += core.state.safe(identities(sequences))
            case .record(let held, let completed, let dead, let member):
                core.state.noteElsewhere(held: identities(held), completed: identities(completed), by: member)
                var records: [StoreRecord] = []
                if !held.isEmpty { records.append(.held(identities(held), by: member)) }
                if !completed.isEmpty { records.append(.completedElsewhere(identities(completed), by: member)) }
                record(records, ended: completed + dead, by: member)
            }
        }
        return result
    }

    /// What a member ended counts once it is on the disk: from then on nobody needs to remember it.
    private func record(_ records: [StoreRecord], ended: [UInt64], by member: MemberID) {
        store.submit(records, until: .synced) { [weak self] failure in
            guard let self else { return }
            perform { core in
                if let failure {
                    self.note(failure, records, &core)
                    return []
                }
                core.multicast?.source.recorded(ended: ended, by: member)
                let floor = core.multicast?.source.floor ?? 0
                return core.state.setFloor(floor, of: self.store.origin)
            }
        }
    }

    private func offer(_ entries: [Entry], asking asked: SequenceRanges, to member: MemberID, _ core: inout Core) {
        let floor = core.multicast?.source.floor ?? 0
        let message = ReplicaMessage.offer(MulticastOffer(entries: entries, asked: asked, floor: floor))
        core.multicast?.outbox.add(Outbox.Letter(origin: store.origin, message: message), for: member)
    }

    /// Entries for a member were read.
    func offer(_ entries: [Entry], to member: MemberID) {
        perform { core in
            self.offer(entries, asking: SequenceRanges([]), to: member, &core)
            return []
        }
    }

    private func tell(_ progress: MulticastProgress, of origin: UUID, _ core: inout Core) {
        let letter = Outbox.Letter(origin: origin, message: .progress(progress))
        core.multicast?.outbox.add(letter, for: MemberID(ofStore: origin))
    }

    /// Lets time pass.
    func tickMulticast(reachable: Set<MemberID>, _ core: inout Core) -> [QueueState.Action] {
        guard store.status.failure == nil else { return [] }
        let now = clock.now
        let actions = core.multicast?.source.tick(reachable: reachable, now: now) ?? []
        var result = carryOut(actions, &core)
        result += core.state.setFloor(core.multicast?.source.floor ?? 0, of: store.origin)
        for lost in core.multicast?.takeLost(now: now) ?? [] { result += core.state.setFloor(.max, of: lost) }
        return result
    }

    /// Tells others what came into the store.
    func tellNoted(_ core: inout Core) -> [QueueState.Action] {
        var result: [QueueState.Action] = []
        var completed: [UUID: Set<UInt64>] = [:]
        var dead: [UUID: Set<UInt64>] = [:]
        for record in core.multicast?.takeNoted() ?? [] {
            switch record {
            case .add(let entry) where entry.identity.origin == store.origin:
                let actions = core.multicast?.source.add(
                    entry.identity.sequence, bytes: entry.header.payloadBytes, now: clock.now)
                result += carryOut(actions ?? [], &core)
            case .complete(let identities, _, _):
                for one in identities { completed[one.origin, default: []].insert(one.sequence) }
            case .bury(let identity, _): dead[identity.origin, default: []].insert(identity.sequence)
            case .forget(let identities):
                core.multicast?.source.drop(identities.filter { $0.origin == store.origin }.map(\.sequence))
            default: break
            }
        }
        for origin in Set(completed.keys).union(dead.keys).subtracting([store.origin]).sorted() {
            let progress = MulticastProgress(completed: completed[origin] ?? [], dead: dead[origin] ?? [])
            tell(progress, of: origin, &core)
        }
        return result
    }

    /// A message of another member has come.
    func receiveMulticast(
        _ letter: Outbox.Letter, from sender: MemberID, _ core: inout Core
    ) -> [QueueState.Action] {
        switch letter.message {
        case .progress(let progress) where letter.origin == store.origin:
            let actions = core.multicast?.source.receive(progress, from: sender, now: clock.now) ?? []
            return carryOut(actions, &core)
        case .offer(let offer) where sender == MemberID(ofStore: letter.origin) && letter.origin != store.origin:
            return take(offer, of: letter.origin, &core)
        default: return []
        }
    }

    private func take(_ offer: MulticastOffer, of origin: UUID, _ core: inout Core) -> [QueueState.Action] {
        core.multicast?.hear(of: origin, now: clock.now)
        let fresh = offer.entries.filter { core.state.arrive($0) }
        store(fresh, of: origin)
        var (held, completed, dead) = (Set<UInt64>(), Set<UInt64>(), Set<UInt64>())
        for sequence in offer.asked.sequences.union(offer.entries.map(\.identity.sequence)) {
            switch core.state.standing(of: EntryIdentity(origin: origin, sequence: sequence)) {
            case .held: held.insert(sequence)
            // It was held, and dropped by hand since.
            case .unknown, .completed: completed.insert(sequence)
            case .dead: dead.insert(sequence)
            case .coming: break
            }
        }
        tell(MulticastProgress(held: held, completed: completed, dead: dead), of: origin, &core)
        return core.state.setFloor(offer.floor, of: origin)
    }

    /// Entries of another member: run, and said to be held, once they are on the disk.
    private func store(_ entries: [Entry], of origin: UUID) {
        guard !entries.isEmpty else { return }
        store.submit(entries.map { .add($0) }, until: .synced) { [weak self] failure in
            guard let self else { return }
            perform { core in
                if let failure { self.note(failure, [], &core) }
                if failure == nil {
                    self.tell(MulticastProgress(held: Set(entries.map(\.identity.sequence))), of: origin, &core)
                }
                return core.state.arrived(entries.map(\.identity), isStored: failure == nil)
            }
        }
    }

    /// How the other members stand to the own entries; nil where they are not run by all.
    func multicastReplicas(_ instances: [String: String]) -> [QueueReport.Replica]? {
        core.withLock { core in
            guard let source = core.multicast?.source else { return nil }
            return source.members.sorted().compactMap { member in
                source.standing(of: member).map { standing in
                    QueueReport.Replica(
                        member: member.name, instance: instances[member.name],
                        lagRecords: standing.lacking + standing.unended,
                        state: standing.isThere ? (standing.lacking == 0 ? "following" : "catching up") : "away")
                }
            }
        }
    }
}
