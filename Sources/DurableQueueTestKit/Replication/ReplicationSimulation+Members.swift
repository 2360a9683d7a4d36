internal import DurableQueue
internal import Mesh

// What members do: the shell around the values, as plain as it can be.
extension ReplicationSimulation {
    mutating func start(_ name: MemberID) {
        guard let node = nodes[name] else { return }
        var replica = Replica(
            origin: origin, member: name, originMember: originMember, roster: roster, mark: node.disk.synced.mark,
            unfinished: SequenceSet(node.disk.synced.unfinished), finished: SequenceSet(node.disk.synced.finished),
            configuration: configuration,
            random: MeshRandom(seed: random.next()), now: clock(name))
        if mutant == .startsWithTooFewReports { replica.reportsSpared = 1 }
        nodes[name]?.replica = replica
        nodes[name]?.life += 1
        nodes[name]?.isSynchronizing = false
    }

    mutating func handle(_ event: Event) {
        switch event {
        case .deliver(let message, let sender, let receiver):
            guard isUp(receiver), network.isConnected(sender, receiver) else { return }
            guard isActive(receiver) else {
                nodes[receiver]?.inbox.append((message, sender))
                return
            }
            deliver(message, from: sender, to: receiver)
        case .synchronize(let name, let life, let count):
            guard isStill(life, name) else { return }
            guard isActive(name) else { return schedule(event, in: 50) }
            nodes[name]?.isSynchronizing = false
            for item in nodes[name]?.disk.synchronize(count) ?? [] { written(item, by: name) }
            synchronizeLater(name)
        case .runEnds(let name, let life, let sequence):
            guard isStill(life, name) else { return }
            guard isActive(name) else { return schedule(event, in: 50) }
            runEnded(sequence, at: name)
        case .snapshotRead(let name, let life, let taken, let records, let member, let survey):
            guard isStill(life, name) else { return }
            guard isActive(name) else { return schedule(event, in: 50) }
            let time = clock(name)
            let actions = nodes[name]?.replica?.snapshotRead(taken, records, for: member, survey: survey, now: time)
            perform(name, actions ?? [])
        }
    }

    private func isStill(_ life: Int, _ name: MemberID) -> Bool { nodes[name]?.life == life && isUp(name) }

    mutating func deliver(_ message: ReplicaMessage, from sender: MemberID, to receiver: MemberID) {
        let time = clock(receiver)
        perform(receiver, nodes[receiver]?.replica?.receive(message, from: sender, now: time) ?? [])
    }

    mutating func perform(_ name: MemberID, _ actions: [Replica.Action]) {
        for action in actions {
            switch action {
            case .persist(let write):
                if let roster = write.mark.roster { rosters.insert(roster) }
                self.write(
                    ReplicaDisk.Item(records: write.records, mark: write.mark, write: write.number), at: name)
                if mutant == .confirmsBeforeTheSync { persisted(write.number, by: name) }
            case .send(let message, let receiver): send(message, from: name, to: receiver)
            case .read(let sequences, let epoch, let receiver):
                guard let disk = nodes[name]?.disk.visible else { break }
                let records = disk.records(of: sequences, at: clock(name))
                send(.fetched(epoch, of: sequences, records), from: name, to: receiver)
            case .readSnapshot(let page, let member, let survey): readSnapshot(page, at: name, for: member, survey)
            case .own:
                report.ownerships += 1
                if name != originMember { report.takeovers += 1 }
                let ready = nodes[name]?.replica?.unfinished.sorted() ?? []
                nodes[name]?.ready = ready
            case .safe(let all):
                let sequences = all.filter { !withdrawing.contains($0) }
                acknowledged.formUnion(sequences)
                nodes[name]?.ready += sequences
            case .withdrawn(let sequences): withdrawn.formUnion(sequences)
            case .stop: nodes[name]?.ready = []
            case .claimWaits, .claimFailed: break
            }
        }
    }

    /// What is read may have changed by the time that it is there.
    private mutating func readSnapshot(
        _ page: SequenceSet, at name: MemberID, for member: MemberID, _ survey: Timestamp
    ) {
        guard let node = nodes[name] else { return }
        // As many as a message holds.
        let taken = SequenceSet(page.prefix(number(1...10)))
        let records = node.disk.visible.records(of: Array(taken), at: clock(name))
        schedule(
            .snapshotRead(name, life: node.life, taken: taken, records: records, for: member, survey: survey),
            in: number(1...80))
    }

    mutating func write(_ item: ReplicaDisk.Item, at name: MemberID) {
        nodes[name]?.disk.write(item)
        synchronizeLater(name)
    }

    private mutating func synchronizeLater(_ name: MemberID) {
        guard let node = nodes[name], !node.isSynchronizing, !node.disk.pending.isEmpty else { return }
        nodes[name]?.isSynchronizing = true
        let slow = !network.isCalm && chance(3) ? 200 : 0
        schedule(
            .synchronize(name, life: node.life, count: node.disk.pending.count), in: number(1...syncMilliseconds) + slow
        )
    }

    private mutating func written(_ item: ReplicaDisk.Item, by name: MemberID) {
        if let write = item.write, mutant != .confirmsBeforeTheSync { persisted(write, by: name) }
        guard item.isIntake else { return }
        for case .add(let entry) in item.records { stored[entry.identity.sequence] = now }
        let time = clock(name)
        perform(name, nodes[name]?.replica?.stored(item.records, now: time) ?? [])
    }

    private mutating func persisted(_ write: UInt64, by name: MemberID) {
        let time = clock(name)
        perform(name, nodes[name]?.replica?.persisted(write, now: time) ?? [])
    }

    /// Takes entries in where the origin is, and runs what there is.
    mutating func work(_ name: MemberID) {
        guard let node = nodes[name], let replica = node.replica, replica.isOwner else { return }
        if name == originMember, network.isCalm ? isProbing && chance(5) : chance(40) {
            lastSequence += 1
            let entry = Entry(
                identity: EntryIdentity(origin: origin, sequence: lastSequence), id: "entry \(lastSequence)",
                enqueued: clock(name), payload: [1])
            write(ReplicaDisk.Item(records: [.add(entry)], isIntake: true), at: name)
        }
        if chance(2) { forget(at: name) }
        if name == originMember, chance(20) { withdraw(at: name) }
        guard node.running == nil, mayRun(name), network.isCalm || chance(runPercent) else { return }
        while let sequence = nodes[name]?.ready.first {
            nodes[name]?.ready.removeFirst()
            guard replica.unfinished.contains(sequence) else { continue }
            nodes[name]?.running = sequence
            if withdrawn.contains(sequence) {
                report.violations.append("entry \(sequence) was taken back, and is run by \(name)")
            }
            return schedule(.runEnds(name, life: node.life, sequence), in: number(5...40))
        }
    }

    private mutating func runEnded(_ sequence: UInt64, at name: MemberID) {
        nodes[name]?.running = nil
        report.runs += 1
        runs[sequence, default: 0] += 1
        finishedAt[sequence] = now
        guard nodes[name]?.replica?.isOwner == true else { return }
        happened(.completed([sequence], at: clock(name)), at: name)
    }

    /// What was completed a while ago is remembered no longer.
    private mutating func forget(at name: MemberID) {
        let old = nodes[name]?.disk.synced.finished.filter { now - (finishedAt[$0] ?? now) > 2000 }.sorted() ?? []
        if !old.isEmpty { happened(.forgotten(old), at: name) }
    }

    /// What has long waited to be safe is taken back.
    private mutating func withdraw(at name: MemberID) {
        guard let node = nodes[name] else { return }
        let late = node.disk.synced.unfinished.sorted().first { sequence in
            !acknowledged.contains(sequence) && now - (stored[sequence] ?? now) > 400
                && !node.ready.contains(sequence) && node.running != sequence
        }
        guard let late else { return }
        stored[late] = nil
        withdrawing.insert(late)
        nodes[name]?.replica?.withdrawing([late])
        write(ReplicaDisk.Item(records: [.forgotten([late])], isIntake: true), at: name)
    }

    private mutating func happened(_ record: ReplicaRecord, at name: MemberID) {
        write(ReplicaDisk.Item(records: [record]), at: name)
        let time = clock(name)
        perform(name, nodes[name]?.replica?.stored([record], now: time) ?? [])
    }
}
