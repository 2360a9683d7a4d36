internal import FoundationEssentials
internal import Synchronization

// Where every member runs everything: the shell around ``MulticastState``, under the queue's lock.
extension DurableQueue.Core {
    /// What is in the store, for those who tell others of it.
    mutating func noteForGroup(_ records: [StoreRecord]) {
        group?.note(records)
        multicast?.note(records)
    }

    var isInGroup: Bool { group != nil || multicast != nil }
}

extension DurableQueue {
    /// Changes what is known of the others, and carries out what comes of it; what is left is for the queue.
    func driveMulticast(
        _ core: inout Core,
        _ change: (inout MulticastState, inout QueueState, Timestamp) -> [MulticastState.Action]
    ) -> [QueueState.Action] {
        guard var multicast = core.multicast.take() else { return [] }
        let actions = change(&multicast, &core.state, clock.now)
        core.multicast = multicast
        return actions.compactMap { action in
            switch action {
            case .queue(let action): return action
            case .write(let records, let writing):
                write(records, writing)
                return nil
            }
        }
    }

    private func write(_ records: [StoreRecord], _ writing: MulticastState.Writing) {
        store.submit(records, until: .synced) { [weak self] failure in
            guard let self else { return }
            perform { core in
                if let failure { self.note(failure, writing.isOwed ? records : [], &core) }
                return self.driveMulticast(&core) { $0.ended(writing, isWritten: failure == nil, &$1, now: $2) }
            }
        }
    }

    /// Lets time pass.
    func tickMulticast(reachable: Set<MemberID>, _ core: inout Core) -> [QueueState.Action] {
        guard store.status.failure == nil else { return [] }
        return driveMulticast(&core) { $0.tick(reachable: reachable, &$1, now: $2) }
    }

    /// Entries for a member were read.
    func offer(_ entries: [Entry], to member: MemberID) {
        perform { core in
            self.driveMulticast(&core) { multicast, queue, _ in
                multicast.offer(entries, to: member, &queue)
                return []
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
