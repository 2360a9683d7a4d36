extension DurableQueue {
    /// Takes an intake in, lets it wait, or refuses it.
    func admit(_ request: Intakes.Request, _ core: inout Core) -> [QueueState.Action] {
        guard !core.isClosed else {
            core.intakes.answer(request.waiter, .failure(.closedQueue(configuration.name)))
            return []
        }
        guard !core.intakes.isCancelled(request.waiter.ticket) else {
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
    func expireIntakes(_ core: inout Core, now: Timestamp) {
        for (waiter, identity) in core.intakes.takeLate(now: now) {
            let error = core.state.isWaitingForMembers(identity) ? notReplicated(identity) : timeout(identity)
            core.intakes.answer(waiter, .failure(error))
        }
        core.intakes.refuseLate(
            now: now,
            DurableQueueError(
                .full,
                "no room came free in \(configuration.name) in time, and nothing was taken: try again later, or run more consumers"
            ))
    }

    private func notReplicated(_ identity: EntryIdentity) -> DurableQueueError {
        DurableQueueError(
            .notReplicated,
            "the entry \(identity) of \(configuration.name) was not confirmed by enough members in time: it is stored here and runs once it is; "
                + "see which members are up, or ask for fewer")
    }

    private func timeout(_ identity: EntryIdentity) -> DurableQueueError {
        DurableQueueError(
            .timeout,
            "the entry \(identity) of \(configuration.name) was not written in time: it may be stored and run; give it again with the same "
                + "id, and see whether the disk answers")
    }

    var full: DurableQueueError {
        DurableQueueError(
            .full,
            "an entry for \(configuration.name) was refused: \(configuration.maximumEntries) entries or \(configuration.maximumBytes) bytes "
                + "wait already; try again later, run more consumers, or raise the bound")
    }
}
