extension DurableQueue {
    /// Takes an intake in, lets it wait, or refuses it.
    func admit(_ request: Intakes.Request, _ core: inout Core) -> [QueueState.Action] {
        guard !core.isClosed else {
            core.intakes.answer(request.waiter, .failure(.closedQueue(configuration.name)))
            return []
        }
        if let failure = core.storeFailure {
            core.intakes.answer(request.waiter, .failure(failure))
            return []
        }
        guard !request.waiter.call.isCancelled else {
            core.intakes.answerCancelled(request.waiter)
            return []
        }
        do throws(DurableQueueError) {
            switch try core.state.enqueue(id: request.id, key: request.key, payload: request.payload, now: clock.now) {
            case .accepted(let identity, let actions):
                core.intakes.await(identity, request, isKnown: false)
                return actions
            case .known(let identity, isAcknowledged: true):
                core.intakes.answer(request.waiter, .success(Receipt(identity: identity, isKnown: true)))
            case .known(let identity, isAcknowledged: false):
                core.intakes.await(identity, request, isKnown: true)
            case .notOwner:
                guard core.intakes.queue(request, most: configuration.maximumWaiting) else { throw notOwner }
            case .full:
                guard configuration.atBound == .wait, core.intakes.queue(request, most: configuration.maximumWaiting)
                else { throw full }
            }
        } catch { core.intakes.answer(request.waiter, .failure(error)) }
        return []
    }

    /// There may be room now.
    func admitWaiting(_ core: inout Core) -> [QueueState.Action] {
        var actions: [QueueState.Action] = []
        while let request = core.intakes.takeQueued() {
            let before = core.intakes.queuedCount
            actions += admit(request, &core)
            // It was put back: there is still no room.
            if core.intakes.queuedCount > before {
                core.intakes.moveLastToFront()
                break
            }
        }
        return actions
    }

    /// Answers the intakes whose deadline has passed.
    func expireIntakes(_ core: inout Core, now: Timestamp) -> [QueueState.Action] {
        var actions: [QueueState.Action] = []
        for (waiter, identity) in core.intakes.takeLate(now: now) {
            let isForeign = core.state.isForeign(identity)
            if core.withdrawals[identity] != nil {
                core.withdrawals[identity]?.waiters.append(waiter)
            } else if configuration.withdrawsUnreplicated, let withdrawal = takeBack(identity, &core) {
                core.withdrawals[identity] = Withdrawal(
                    waiters: [waiter], deadline: now + configuration.withdrawWithin, isForeign: isForeign,
                    isForgottenElsewhere: !configuration.isReplicated)
                actions += withdrawal
            } else {
                core.intakes.answer(waiter, .failure(tooLate(identity, core.state)))
            }
        }
        for (identity, withdrawal) in core.withdrawals where withdrawal.deadline <= now {
            endWithdrawal(of: identity, isGivenUp: true, &core)
        }
        core.intakes.refuseLate(
            now: now,
            !core.state.isTakingIn
                ? notOwner
                : DurableQueueError(
                    .full,
                    "no room came free in \(configuration.name) in time, and nothing was taken: try again later, or run more consumers"
                ))
        return actions
    }

    /// The store takes nothing any more: all who wait are told, and whoever comes.
    func endIntakes(_ failure: DurableQueueError) {
        perform { core in
            core.storeFailure = failure
            for withdrawal in core.withdrawals.values {
                for waiter in withdrawal.waiters { core.intakes.answer(waiter, .failure(failure)) }
            }
            core.withdrawals = [:]
            core.intakes.failAll(failure)
            return []
        }
    }

    /// An entry was written, or was not, that may have to be taken back by now.
    func noteLate(
        _ identity: EntryIdentity, _ failure: DurableQueueError?, _ core: inout Core
    ) -> [QueueState.Action] {
        guard let withdrawal = core.withdrawals[identity] else { return [] }
        guard let failure else {
            // The other members are told of it with this turn; it is not to become safe before they are told of its end.
            return drive(identity.origin, &core) { replica, _ in
                replica.withdrawing([identity.sequence])
                return []
            }
        }
        core.withdrawals[identity] = nil
        for waiter in withdrawal.waiters { core.intakes.answer(waiter, .failure(failure)) }
        return []
    }

    /// Entries were forgotten here, on the disk or in vain.
    func noteForgotten(_ records: [StoreRecord], _ failure: DurableQueueError?, _ core: inout Core) {
        guard !core.withdrawals.isEmpty else { return }
        for case .forget(let identities) in records {
            for identity in identities {
                guard let withdrawal = core.withdrawals[identity] else { continue }
                core.withdrawals[identity]?.isForgottenHere = failure == nil
                endWithdrawal(of: identity, isGivenUp: failure != nil || withdrawal.isForeign, &core)
            }
        }
    }

    /// No other member holds an entry that is being taken back.
    func noteWithdrawn(_ identity: EntryIdentity, _ core: inout Core) {
        core.withdrawals[identity]?.isForgottenElsewhere = true
        endWithdrawal(of: identity, isGivenUp: false, &core)
    }

    private func endWithdrawal(of identity: EntryIdentity, isGivenUp: Bool, _ core: inout Core) {
        guard let withdrawal = core.withdrawals[identity] else { return }
        let isDone = withdrawal.isForgottenHere && withdrawal.isForgottenElsewhere
        guard isDone || isGivenUp else { return }
        core.withdrawals[identity] = nil
        let error =
            if isDone { withdrawn(identity) } else if !withdrawal.isForgottenHere {
                notYetWithdrawn(identity)
            } else if withdrawal.isForeign { ownershipLost(identity, isStored: false) } else { halfWithdrawn(identity) }
        for waiter in withdrawal.waiters { core.intakes.answer(waiter, .failure(error)) }
        core.intakes.fail(identity, error)
    }

    private func tooLate(_ identity: EntryIdentity, _ state: QueueState) -> DurableQueueError {
        if state.isWaitingForMembers(identity) { return notReplicated(identity) }
        return state.isForeign(identity) ? ownershipLost(identity, isStored: true) : timeout(identity)
    }
}
