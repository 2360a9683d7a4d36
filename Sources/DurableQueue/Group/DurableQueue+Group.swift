internal import FoundationEssentials
internal import Logging
internal import Synchronization

// What the replicas of a group decide, done to the entries, the store and the outbox. All of it under the queue's lock, so that what is
// stored, sent and acknowledged has one order.
extension DurableQueue {
    /// Changes the replica of an origin and carries out what comes of it; what is left is for the queue.
    func drive(
        _ origin: UUID, _ core: inout Core, _ change: (inout Replica, Timestamp) -> [Replica.Action]
    ) -> [QueueState.Action] {
        guard core.group != nil else { return [] }
        let now = clock.now
        let stored = core.group?.takeStored(of: origin) ?? []
        var actions =
            core.group?.update(origin, now: now) { replica in
                (stored.isEmpty ? [] : replica.stored(stored, now: now)) + change(&replica, now)
            } ?? []
        var result: [QueueState.Action] = []
        var next = 0
        while next < actions.count {
            actions += carryOut(actions[next], of: origin, &core, &result, now: now)
            next += 1
        }
        return result
    }

    private func carryOut(
        _ action: Replica.Action, of origin: UUID, _ core: inout Core, _ result: inout [QueueState.Action],
        now: Timestamp
    ) -> [Replica.Action] {
        switch action {
        case .persist(let write):
            result += core.state.hold(write.records, of: origin, now: now)
            core.group?.add(write, of: origin)
            writeNext(of: origin, &core)
        case .send(let message, let receiver):
            if let member = core.group?.member, receiver == member {
                return core.group?.update(origin, now: now) { $0.receive(message, from: member, now: now) } ?? []
            }
            core.group?.outbox.add(Outbox.Letter(origin: origin, message: message), for: receiver)
        case .read(let sequences, let epoch, let receiver):
            core.group?.add(GroupState.Read(origin: origin, what: .entries(sequences, epoch), receiver: receiver))
        case .readSnapshot(let page, let receiver, let survey):
            core.group?.add(GroupState.Read(origin: origin, what: .snapshot(page, survey: survey), receiver: receiver))
        case .own(let epoch):
            let members = core.group?.replica[origin]?.roster.members.sorted().map(\.name) ?? []
            note("The entries of an origin are owned here now", of: origin, epoch, ["members": "\(members)"])
            warnOfReplicas(of: origin, core)
            // What another member took over was acknowledged, or may run all the same; what is the own store's has told nobody yet.
            let isOwn = origin == store.origin && core.group?.configuration.partition == .stopWithoutMajority
            let (awaited, actions) = core.state.own(origin, replicatesFirst: isOwn, now: now)
            result += actions
            guard !awaited.isEmpty else { break }
            return core.group?.update(origin, now: now) { $0.await(awaited, now: now) } ?? []
        case .safe(let sequences):
            result += core.state.safe(sequences.map { EntryIdentity(origin: origin, sequence: $0) })
        case .withdrawn(let sequences):
            for sequence in sequences { noteWithdrawn(EntryIdentity(origin: origin, sequence: sequence), &core) }
        case .stop(let epoch):
            note("The entries of an origin are not owned here any more", of: origin, epoch)
            core.state.disown(origin)
        case .claimWaits(let epoch, let members):
            note(
                "A claim to the entries of an origin waits for reports", of: origin, epoch,
                ["notReported": "\(members.sorted().map(\.name))"])
        case .claimFailed(let epoch): note("A claim to the entries of an origin was given up", of: origin, epoch)
        }
        return []
    }

    private func note(
        _ what: Logger.Message, of origin: UUID, _ epoch: TakeoverEpoch, _ more: Logger.Metadata = [:]
    ) {
        let metadata: Logger.Metadata = [
            "queue": "\(configuration.name)", "origin": "\(origin)", "epoch": "\(epoch)",
        ]
        logger.info(what, metadata: metadata.merging(more) { own, _ in own })
    }

    /// Hands the store what the replica of an origin is to have on the disk, unless it is writing for it.
    private func writeNext(of origin: UUID, _ core: inout Core) {
        guard let (records, mark, number) = core.group?.nextWrite(of: origin) else { return }
        let keepsPayload = configuration.keepsCompletedPayloads
        let changes = records.compactMap { $0.stored(origin: origin, keepsPayload: keepsPayload) }
        store.submit(changes + [.mark(mark, of: origin)], until: .synced) { [weak self] failure in
            guard let self else { return }
            perform { core in
                core.group?.ended(origin, isWritten: failure == nil)
                if let failure {
                    self.note(failure, [], &core)
                    return []
                }
                let actions = self.drive(origin, &core) { $0.persisted(number, now: $1) }
                self.writeNext(of: origin, &core)
                return actions
            }
        }
    }

    // MARK: What the tasks of the group do

    /// Messages of another member have come.
    func receive(_ letters: [Outbox.Letter], from sender: MemberID) {
        // It can confirm nothing, and grant nothing.
        guard store.status.failure == nil else { return }
        perform { core in
            letters.flatMap { letter in
                guard core.multicast == nil else {
                    return self.driveMulticast(&core) {
                        $0.receive(letter.message, of: letter.origin, from: sender, &$1, now: $2)
                    }
                }
                return self.drive(letter.origin, &core) { $0.receive(letter.message, from: sender, now: $1) }
            }
        }
    }

    /// Enough members hold entries of this store.
    package func safe(_ identities: [EntryIdentity]) {
        perform { core in core.state.safe(identities) }
    }

    /// Takes an entry back that is not safe yet. From here on it does not become safe, whatever is confirmed until it has been forgotten.
    func takeBack(_ identity: EntryIdentity, _ core: inout Core) -> [QueueState.Action]? {
        guard let withdrawal = core.state.withdraw(identity) else { return nil }
        let actions = drive(identity.origin, &core) { replica, _ in
            replica.withdrawing([identity.sequence])
            return []
        }
        return actions + withdrawal
    }

    /// Lets time pass for every origin.
    package func tickGroup(reachable: Set<MemberID>) {
        let hasFailed = store.status.failure != nil
        perform { core in
            guard core.multicast == nil else { return self.tickMulticast(reachable: reachable, &core) }
            var actions: [QueueState.Action] = []
            for origin in core.group?.origins ?? [] {
                let isRunning = core.state.isRunning(origin)
                actions += self.drive(origin, &core) {
                    hasFailed ? $0.resign() : $0.tick(reachable: reachable, isRunning: isRunning, now: $1)
                }
                guard !hasFailed else { continue }
                // One that failed before.
                self.writeNext(of: origin, &core)
            }
            // The time of a lease, too, decides who may run, and go on running.
            let runnable = core.group?.runnable(now: self.clock.now) ?? []
            for run in core.runs.values where !runnable.contains(run.origin) { run.revocation.yield() }
            return core.state.hasReady ? actions + [.dispatch] : actions
        }
    }

    /// Tells the replicas what has come into the store, and takes what is to be sent and read.
    func takeGroupWork(
        present: Set<MemberID>
    ) -> (letters: [(member: MemberID, letters: [Outbox.Letter])], reads: [GroupState.Read]) {
        var letters: [(member: MemberID, letters: [Outbox.Letter])] = []
        var reads: [GroupState.Read] = []
        perform { core in
            guard core.multicast == nil else {
                let actions = self.driveMulticast(&core) { $0.tellNoted(&$1, now: $2) }
                letters = core.multicast?.outbox.take(for: present) ?? []
                reads = core.multicast?.takeReads() ?? []
                return actions
            }
            let actions = (core.group?.originsWithStored ?? []).flatMap { self.drive($0, &core) { _, _ in [] } }
            letters = core.group?.outbox.take(for: present) ?? []
            reads = core.group?.takeReads() ?? []
            return actions
        }
        return (letters, reads)
    }

    /// What was held for others while the queue was replicated runs here now, and perhaps there too.
    func warnOfForeignEntries() {
        let count = core.withLock { $0.group == nil && configuration.mode == .queueOnly ? $0.state.foreignDepth : 0 }
        guard count > 0 else { return }
        logger.warning(
            "The queue is not replicated any more and holds entries of other members, which run here now. A member that is up may run them too",
            metadata: ["queue": "\(configuration.name)", "entries": "\(count)"])
    }

    /// The setting is another than the group was made with.
    private func warnOfReplicas(of origin: UUID, _ core: borrowing Core) {
        guard let roster = core.group?.replica[origin]?.roster, let asked = core.group?.replicas,
            asked != roster.replicas
        else { return }
        let message: Logger.Message =
            asked > roster.replicas
            ? "The group of an origin was made for fewer replicas: acknowledgements wait for as many as are asked for, takeovers go by the group; for a group of the new number let the store run empty and begin with a new one"
            : "The group of an origin was made for more replicas than are asked for now, and keeps to these; for fewer let the store run empty and begin with a new one"
        logger.warning(
            message,
            metadata: [
                "queue": "\(configuration.name)", "origin": "\(origin)", "group": "\(roster.replicas)",
                "asked": "\(asked)",
            ])
    }

    /// The mode with the replicas that acknowledgements need, which the group may know better than the configuration.
    var modeInForce: QueueConfiguration.Mode {
        core.withLock { core in
            let own = core.group.flatMap { $0.replica[$0.origin]?.replicas }
            return own.map { .replicated(min: $0) } ?? configuration.mode
        }
    }

    /// A call to a member has ended.
    func sent(to member: MemberID) {
        let hasMore = core.withLock {
            $0.group?.outbox.sent(to: member) ?? $0.multicast?.outbox.sent(to: member) ?? false
        }
        if hasMore { groupBell.ring() }
    }

    /// Reads entries for another member, and sends it what is known of them.
    func answer(_ read: GroupState.Read) async {
        do throws(DurableQueueError) {
            switch read.what {
            case .entries(let sequences, let epoch):
                let (taken, records) = try await known(SequenceSet(sequences), of: read.origin)
                perform { core in
                    let message = ReplicaMessage.fetched(epoch, of: Array(taken), records)
                    core.group?.outbox.add(Outbox.Letter(origin: read.origin, message: message), for: read.receiver)
                    return []
                }
            case .offer(let sequences):
                var rest = SequenceSet(sequences)
                while !rest.isEmpty {
                    let (taken, records) = try await known(rest, of: read.origin)
                    rest = rest.subtracting(taken)
                    offer(records.compactMap(\.wholeEntry), to: read.receiver)
                }
            case .snapshot(let page, let survey):
                let (taken, records) = try await known(page, of: read.origin)
                perform { core in
                    self.drive(read.origin, &core) {
                        $0.snapshotRead(taken, records, for: read.receiver, survey: survey, now: $1)
                    }
                }
            }
        } catch {
            // The member asks again; what is the matter with the store is said once more by whoever takes entries in.
            logger.warning(
                "Entries for another member could not be read",
                metadata: ["queue": "\(configuration.name)", "member": "\(read.receiver)", "error": "\(error)"])
        }
    }

    /// What is known of the first of these entries, as far as they fit into a message.
    private func known(
        _ sequences: SequenceSet, of origin: UUID
    ) async throws(DurableQueueError) -> (taken: SequenceSet, records: [ReplicaRecord]) {
        var found: [StoredEntry] = []
        for range in sequences.ranges {
            let limit = Int(clamping: SequenceSet(range).count)
            found += await store.entries(of: origin, from: range.lowerBound, limit: limit).prefix {
                $0.identity.sequence <= range.upperBound
            }
        }
        let page = firstPage(of: found)
        let records = try await self.records(of: page)
        guard page.count < found.count, let last = page.last else { return (sequences, records) }
        return (sequences.intersection(SequenceSet(0...last.identity.sequence)), records)
    }

    private func firstPage(of entries: [StoredEntry]) -> [StoredEntry] {
        let limit = core.withLock { core in
            (core.group?.configuration ?? core.multicast?.configuration ?? ReplicationConfiguration()).batchBytes
        }
        var bytes = 0
        let count = entries.prefix { entry in
            bytes += entry.progress.hasPayload ? entry.header.payloadBytes : 0
            return bytes <= limit
        }.count
        return Array(entries.prefix(max(count, 1)))
    }

    private func records(of entries: [StoredEntry]) async throws(DurableQueueError) -> [ReplicaRecord] {
        let payloads = try await store.entries(entries.filter(\.progress.hasPayload).map(\.identity))
        let byIdentity = Dictionary(payloads.map { ($0.identity, $0.payload) }, uniquingKeysWith: { first, _ in first })
        var records: [ReplicaRecord] = []
        for stored in entries {
            let sequence = stored.identity.sequence
            let payload = byIdentity[stored.identity]
            var status = stored.progress.status
            if stored.progress.hasPayload, payload == nil { status = try await laterStatus(of: stored.identity) }
            records.append(.add(Entry(header: stored.header, payload: payload ?? [])))
            switch status {
            case .completed(let time): records.append(.completed([sequence], at: time))
            case .dead(let letter): records.append(.buried(sequence, letter))
            case .waiting, .running: break
            }
        }
        return records
    }

    /// A payload has left since its entry was looked up, so that it is finished by now, or forgotten, and the record of that follows.
    private func laterStatus(of identity: EntryIdentity) async throws(DurableQueueError) -> EntryStatus {
        let found = await store.entries(of: identity.origin, from: identity.sequence, limit: 1).first
        guard let found, found.identity == identity else { return .completed(clock.now) }
        switch found.progress.status {
        case .completed, .dead: return found.progress.status
        case .waiting, .running:
            throw DurableQueueError(
                .inputOutput, "the payload of \(identity) is not in the store: see its log for what was lost")
        }
    }
}
