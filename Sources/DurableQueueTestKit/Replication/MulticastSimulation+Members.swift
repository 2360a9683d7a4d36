internal import DurableQueue
internal import FoundationEssentials
internal import Mesh

extension StoreModel: DiskContents {
    struct Item: Sendable {
        let records: [StoreRecord]
        /// Who is told when it is on the disk.
        let told: MulticastSimulation.Told?
    }

    mutating func apply(_ item: Item) { for record in item.records { apply(record) } }
}

// What members do: the shell around the values, as plain as it can be.
extension MulticastSimulation {
    mutating func start(_ name: MemberID) {
        guard let node = nodes[name] else { return }
        var recovery = Recovery()
        recovery.entries = node.disk.synced.entries.values.map(\.stored).sorted { $0.identity < $1.identity }
        if mutant == .runsAgainAfterRestart {
            for index in recovery.entries.indices { recovery.entries[index].progress.status = .waiting }
        }
        recovery.marks = node.disk.synced.marks
        recovery.highestSequence = promises.highestSequence(of: node.origin)
        let time = clock(name)
        let (queue, actions) = QueueState.starting(
            origin: node.origin, configuration: queueConfiguration, recovery: recovery,
            random: MeshRandom(seed: random.next()), now: time)
        nodes[name]?.queue = queue
        let multicast = MulticastState(
            origin: node.origin, isOrdered: queueConfiguration.ordering == .perKey, configuration: configuration,
            recovery: recovery, queue: queue, now: time)
        nodes[name]?.multicast = multicast
        nodes[name]?.life += 1
        nodes[name]?.isSynchronizing = false
        promises.started(name, origin: node.origin, node.disk.synced, now: time)
        carryOut(multicast.beginning + actions, at: name)
    }

    /// One turn of a member's tasks.
    mutating func live(_ name: MemberID) {
        let reachable = Set(names.filter { $0 != name && isListed($0) && network.isConnected(name, $0) })
        let time = clock(name)
        promises.sees(reachable, name, now: time)
        drive(name) { $0.tick(reachable: reachable, &$1, now: time) }
        if let source = nodes[name]?.multicast?.source { noteCatchingUp(name, source) }
        carryOut(nodes[name]?.queue?.tick(now: time) ?? [], at: name)
        actOnTold(name)
        drive(name) { $0.tellNoted(&$1, now: time) }
        send(from: name, present: reachable)
        takeIn(name)
        work(name)
    }

    /// A process that froze is listed until its record lapses.
    private func isListed(_ name: MemberID) -> Bool {
        isUp(name) && (nodes[name]?.frozenSince.map { now - $0 < 600 } ?? true)
    }

    private mutating func noteCatchingUp(_ name: MemberID, _ source: MulticastSource) {
        for member in source.members {
            guard let lacking = source.standing(of: member)?.lacking, lacking <= configuration.windowRecords else {
                continue
            }
            promises.caughtUp(member, with: name)
        }
    }

    private mutating func drive(
        _ name: MemberID, _ change: (inout MulticastState, inout QueueState) -> [MulticastState.Action]
    ) {
        // Taken out, so that nothing is copied.
        guard var multicast = nodes[name]?.multicast.take(), var queue = nodes[name]?.queue.take() else { return }
        let actions = change(&multicast, &queue)
        nodes[name]?.multicast = multicast
        nodes[name]?.queue = queue
        for action in actions {
            switch action {
            case .queue(let action): carryOut([action], at: name)
            case .write(let records, let writing):
                write(records, .writing(mutated(writing, records)), at: name, mayFail: true)
                guard mutant == .confirmsBeforeTheSync, case .arrival = writing else { continue }
                act(on: .writing(writing), isWritten: true, at: name)
            }
        }
    }

    private func mutated(_ writing: MulticastState.Writing, _ records: [StoreRecord]) -> MulticastState.Writing {
        guard mutant == .forgetsWhatIsHeld, case .ended(let ended, let member) = writing else { return writing }
        let held = records.flatMap { record -> [UInt64] in
            if case .held(let identities, _) = record { identities.map(\.sequence) } else { [] }
        }
        return .ended(ended + held, by: member)
    }

    func visible(_ name: MemberID) -> StoreModel { nodes[name]?.disk.visible ?? StoreModel() }

    mutating func carryOut(_ actions: [QueueState.Action], at name: MemberID) {
        for action in actions {
            switch action {
            case .store(let records, let durability, let intake):
                promises.writes(records, name, visible(name), now: clock(name))
                let told = Told.records(records, intake: intake)
                write(records, durability == .synced ? told : nil, at: name, mayFail: intake != nil)
                if durability == .written { nodes[name]?.told.append((told, isWritten: true)) }
            case .acknowledge(let identity): acknowledge(identity, at: name)
            case .reject(let identity, _, _):
                if let id = visible(name).entries[identity]?.stored.header.id { nodes[name]?.asked[id] = nil }
            case .admit, .dispatch: break
            }
        }
    }

    private mutating func acknowledge(_ identity: EntryIdentity, at name: MemberID) {
        guard let origin = nodes[name]?.origin, identity.origin == origin else { return }
        if let id = visible(name).entries[identity]?.stored.header.id { nodes[name]?.asked[id] = nil }
        let isOnDisk = nodes[name]?.disk.synced.entries[identity] != nil
        promises.acknowledges(identity, name, isOnDisk: isOnDisk, lease: configuration.lease, now: clock(name))
    }

    // MARK: The disk

    private mutating func write(_ records: [StoreRecord], _ told: Told?, at name: MemberID, mayFail: Bool) {
        guard !mayFail || network.isCalm || !chance(0.5) else {
            if let told { nodes[name]?.told.append((told, isWritten: false)) }
            return
        }
        nodes[name]?.disk.write(StoreModel.Item(records: records, told: told))
        synchronizeLater(name)
    }

    private mutating func synchronizeLater(_ name: MemberID) {
        guard nodes[name]?.isSynchronizing == false, let life = nodes[name]?.life,
            let count = nodes[name]?.disk.pending.count, count > 0
        else { return }
        nodes[name]?.isSynchronizing = true
        let slow = chance(3) ? 200 : 0
        schedule(.synchronize(name, life: life, count: count), in: number(1...syncMilliseconds) + slow)
    }

    private mutating func actOnTold(_ name: MemberID) {
        while let (told, isWritten) = nodes[name]?.told.first {
            nodes[name]?.told.removeFirst()
            act(on: told, isWritten: isWritten, at: name)
        }
    }

    private mutating func act(on told: Told, isWritten: Bool, at name: MemberID) {
        let time = clock(name)
        switch told {
        case .writing(let writing): drive(name) { $0.ended(writing, isWritten: isWritten, &$1, now: time) }
        case .records(let records, let intake):
            if isWritten { nodes[name]?.multicast?.note(records) }
            guard let intake else { return }
            let error = DurableQueueError(.inputOutput, "refused")
            let actions =
                isWritten
                ? nodes[name]?.queue?.stored(intake, now: time) : nodes[name]?.queue?.storeFailed(intake, error)
            carryOut(actions ?? [], at: name)
            if mutant == .acknowledgesAlone, isWritten { acknowledge(intake, at: name) }
        }
    }

    // MARK: Messages

    private mutating func send(from name: MemberID, present: Set<MemberID>) {
        guard let life = nodes[name]?.life else { return }
        for read in nodes[name]?.multicast?.takeReads() ?? [] {
            guard case .offer(let sequences) = read.what else { continue }
            let slow = chance(5) ? 500 : 0
            schedule(.read(name, life: life, sequences, for: read.receiver), in: number(0...10 + slow))
        }
        for (member, letters) in nodes[name]?.multicast?.outbox.take(for: present) ?? [] {
            let delays = network.delays(from: name, to: member, now: now, &random)
            for delay in delays { schedule(.deliver(letters, from: name, to: member), in: delay) }
            let answer = min(delays.first.map { $0 + 10 } ?? .max, 200)
            schedule(.called(name, life: life, of: member), in: answer)
        }
    }

    mutating func handle(_ event: Event) {
        switch event {
        case .deliver(let letters, let sender, let receiver):
            guard isUp(receiver), network.isConnected(sender, receiver) else { return }
            guard isActive(receiver) else {
                nodes[receiver]?.inbox.append(event)
                return
            }
            for letter in letters { deliver(letter, from: sender, to: receiver) }
        case .called(let name, let life, let member):
            if isStill(life, name) { _ = nodes[name]?.multicast?.outbox.sent(to: member) }
        case .read(let name, let life, let sequences, let receiver):
            guard isStill(life, name), let node = nodes[name] else { return }
            guard isActive(name) else { return schedule(event, in: 50) }
            let entries = sequences.compactMap { sequence -> Entry? in
                let held = node.disk.visible.entries[EntryIdentity(origin: node.origin, sequence: sequence)]
                guard let held, let payload = held.payload else { return nil }
                let header = held.stored.header
                return Entry(
                    identity: header.identity, id: header.id, key: header.key, enqueued: header.enqueued,
                    payload: payload)
            }
            guard !entries.isEmpty else { return }
            drive(name) { multicast, queue in
                multicast.offer(entries, to: receiver, &queue)
                return []
            }
        case .synchronize(let name, let life, let count):
            guard isStill(life, name) else { return }
            guard isActive(name) else { return schedule(event, in: 50) }
            nodes[name]?.isSynchronizing = false
            for item in nodes[name]?.disk.synchronize(count) ?? [] {
                promises.synced(item.records, name)
                if let told = item.told { nodes[name]?.told.append((told, isWritten: true)) }
            }
            synchronizeLater(name)
        case .runEnds(let name, let life, let batch):
            guard isStill(life, name) else { return }
            guard isActive(name) else { return schedule(event, in: 50) }
            end(batch, at: name)
        }
    }

    private func isStill(_ life: Int, _ name: MemberID) -> Bool { nodes[name]?.life == life && isUp(name) }

    private mutating func deliver(_ letter: Outbox.Letter, from sender: MemberID, to receiver: MemberID) {
        let time = clock(receiver)
        promises.hears(letter.message, of: letter.origin, from: sender, receiver, now: time)
        drive(receiver) { $0.receive(letter.message, of: letter.origin, from: sender, &$1, now: time) }
        if let source = nodes[receiver]?.multicast?.source { noteCatchingUp(receiver, source) }
    }

    // MARK: Entries

    private mutating func takeIn(_ name: MemberID) {
        if chance(5), let (id, key) = nodes[name]?.asked.min(by: { $0.key.text < $1.key.text }) {
            enqueue(id, key: key, at: name)
        } else if !network.isCalm, chance(intakePercent), let number = nodes[name]?.lastID {
            nodes[name]?.lastID = number + 1
            let key = self.number(0...2) == 0 ? nil : "key \(self.number(0...2))"
            enqueue(EntryID("\(short(name)) \(number + 1)"), key: key, at: name)
        }
    }

    private mutating func enqueue(_ id: EntryID, key: String?, at name: MemberID) {
        let time = clock(name)
        nodes[name]?.asked[id] = .some(key)
        do throws(DurableQueueError) {
            guard let intake = try nodes[name]?.queue?.enqueue(id: id, key: key, payload: [1], now: time) else {
                return
            }
            switch intake {
            case .accepted(let identity, let actions):
                promises.takesIn(identity, key: key)
                carryOut(actions, at: name)
            case .known(let identity, isAcknowledged: true): acknowledge(identity, at: name)
            case .known, .full, .notOwner: break
            }
        } catch { promises.violate("\(error)") }
    }

    private mutating func work(_ name: MemberID) {
        guard let life = nodes[name]?.life, network.isCalm || chance(40), let batch = nodes[name]?.queue?.nextBatch(),
            let record = nodes[name]?.queue?.runRecord(of: batch)
        else { return }
        report.runs += batch.identities.count
        report.runAgain += promises.begins(
            batch.identities, name, visible: visible(name), synced: nodes[name]?.disk.synced ?? StoreModel())
        write([record], nil, at: name, mayFail: false)
        schedule(.runEnds(name, life: life, batch), in: number(5...60))
    }

    private mutating func end(_ batch: Batch, at name: MemberID) {
        var failures: [EntryIdentity: String] = [:]
        for identity in batch.identities where chance(5) { failures[identity] = "failed" }
        promises.stops(batch.identities, name)
        let time = clock(name)
        carryOut(nodes[name]?.queue?.finished(batch, failures: failures, now: time) ?? [], at: name)
    }
}
