package import FoundationEssentials

// What the origin decides and what others say, done to the entries and the outbox.
extension MulticastState {
    /// What has to be done.
    package enum Action: Sendable {
        /// What the queue is to do.
        case queue(QueueState.Action)
        /// Force these to the disk, then say ``MulticastState/ended(_:isWritten:_:now:)``.
        case write([StoreRecord], Writing)
    }

    /// What counts once it is on the disk.
    package enum Writing: Sendable {
        /// A member ended these: from then on nobody needs to remember that.
        case ended([UInt64], by: MemberID)
        /// Entries of another member have come: from then on they are held, and run.
        case arrival([EntryIdentity], of: UUID)

        /// Whether it is to be written later if there is no room now; what has come is sent again.
        var isOwed: Bool { if case .ended = self { true } else { false } }
    }

    /// Lets time pass.
    package mutating func tick(reachable: Set<MemberID>, _ queue: inout QueueState, now: Timestamp) -> [Action] {
        var actions = carryOut(source.tick(reachable: reachable, now: now), &queue)
        actions += raiseFloor(&queue)
        for lost in takeLost(now: now) { actions += queue.lose(lost).map(Action.queue) }
        return actions
    }

    /// Tells others what came into the store.
    package mutating func tellNoted(_ queue: inout QueueState, now: Timestamp) -> [Action] {
        var actions: [Action] = []
        var completed: [UUID: SequenceSet] = [:]
        var dead: [UUID: SequenceSet] = [:]
        for record in takeNoted() {
            switch record {
            case .add(let entry) where entry.identity.origin == origin:
                let added = source.add(entry.identity.sequence, bytes: entry.header.payloadBytes, now: now)
                actions += carryOut(added, &queue)
            case .complete(let identities, _, _):
                for one in identities { completed[one.origin, default: []].insert(one.sequence) }
            case .bury(let identity, _): dead[identity.origin, default: []].insert(identity.sequence)
            case .forget(let identities):
                source.drop(identities.filter { $0.origin == origin }.map(\.sequence))
            default: break
            }
        }
        for other in Set(completed.keys).union(dead.keys).subtracting([origin]).sorted() {
            tell(MulticastProgress(completed: completed[other] ?? [], dead: dead[other] ?? []), of: other)
        }
        return actions
    }

    /// A message about the entries of an origin has come.
    package mutating func receive(
        _ message: ReplicaMessage, of other: UUID, from sender: MemberID, _ queue: inout QueueState, now: Timestamp
    ) -> [Action] {
        switch message {
        case .progress(let progress) where other == origin:
            return carryOut(source.receive(progress, from: sender, now: now), &queue)
        case .offer(let offer) where sender == MemberID(ofStore: other) && other != origin:
            return take(offer, of: other, &queue, now: now)
        default: return []
        }
    }

    /// The writing has come to its end.
    package mutating func ended(
        _ writing: Writing, isWritten: Bool, _ queue: inout QueueState, now: Timestamp
    ) -> [Action] {
        switch writing {
        case .ended(let sequences, let member):
            guard isWritten else { return [] }
            source.recorded(ended: sequences, by: member)
            return raiseFloor(&queue)
        case .arrival(let identities, let other):
            arriving.remove(other)
            if isWritten { tell(MulticastProgress(held: SequenceSet(identities.map(\.sequence))), of: other) }
            return queue.arrived(identities, isStored: isWritten).map(Action.queue)
        }
    }

    /// Sends a member entries that were read for it.
    package mutating func offer(_ entries: [Entry], to member: MemberID, _ queue: inout QueueState) {
        send(entries, asking: [], to: member, &queue)
    }

    private mutating func send(
        _ entries: [Entry], asking asked: SequenceSet, to member: MemberID, _ queue: inout QueueState
    ) {
        let offer = MulticastOffer(entries: entries, asked: asked, floor: floor(&queue))
        outbox.add(Outbox.Letter(origin: origin, message: .offer(offer)), for: member)
    }

    /// What is over everywhere may be forgotten here too.
    private func raiseFloor(_ queue: inout QueueState) -> [Action] {
        let floor = floor(&queue)
        return queue.setFloor(floor, of: origin).map(Action.queue)
    }

    private mutating func tell(_ progress: MulticastProgress, of other: UUID) {
        outbox.add(Outbox.Letter(origin: other, message: .progress(progress)), for: MemberID(ofStore: other))
    }

    private mutating func carryOut(_ actions: [MulticastSource.Action], _ queue: inout QueueState) -> [Action] {
        var result: [Action] = []
        for action in actions {
            switch action {
            case .members(let members):
                let mark = self.mark(members, floor: floor(&queue))
                result.append(.queue(.store([mark], until: .synced, intake: nil)))
            case .read(let sequences, let member): read(sequences, for: member)
            case .ask(let asked, let member):
                send([], asking: asked, to: member, &queue)
            case .safe(let sequences): result += queue.safe(own(sequences)).map(Action.queue)
            case .record(let held, let completed, let dead, let member):
                queue.noteElsewhere(held: own(held), completed: own(completed), by: member)
                var records: [StoreRecord] = []
                if !held.isEmpty { records.append(.held(own(held), by: member)) }
                if !completed.isEmpty { records.append(.completedElsewhere(own(completed), by: member)) }
                result.append(.write(records, .ended(completed + dead, by: member)))
            }
        }
        return result
    }

    private func own(_ sequences: [UInt64]) -> [EntryIdentity] {
        sequences.map { EntryIdentity(origin: origin, sequence: $0) }
    }

    private mutating func take(
        _ offer: MulticastOffer, of other: UUID, _ queue: inout QueueState, now: Timestamp
    ) -> [Action] {
        hear(of: other, now: now)
        // First, so that what has been read for long and is over by now is not taken.
        var actions = queue.setFloor(offer.floor, of: other).map(Action.queue)
        // If those before them are not written after all, these would overtake them; they are sent again.
        let entries = isOrdered && arriving.contains(other) ? [] : offer.entries
        let fresh = entries.filter { queue.arrive($0) }
        if !fresh.isEmpty {
            arriving.insert(other)
            actions.append(.write(fresh.map { .add($0) }, .arrival(fresh.map(\.identity), of: other)))
        }
        var progress = MulticastProgress()
        for sequence in offer.asked.union(SequenceSet(entries.map(\.identity.sequence))) {
            switch queue.standing(of: EntryIdentity(origin: other, sequence: sequence)) {
            case .held: progress.held.insert(sequence)
            // It was held, and is over at all members, or was dropped by hand.
            case .unknown, .completed: progress.completed.insert(sequence)
            case .dead: progress.dead.insert(sequence)
            case .coming: break
            }
        }
        tell(progress, of: other)
        return actions
    }
}
