extension ConnectionState {
    mutating func ask(_ actions: inout [Action]) {
        phase = .resolving
        actions.append(.setTimer(configuration.connectDeadline))
        actions.append(.askForAddress)
    }

    mutating func connect(
        _ result: Result<RedisAddress, RedisError>, _ now: ContinuousClock.Instant, _ jitter: Double,
        _ actions: inout [Action]
    ) {
        // An answer that comes after the deadline for it is out of date.
        guard case .resolving = phase else { return }
        switch result {
        case .success(let address):
            phase = .connecting(address)
            actions.append(.setTimer(configuration.connectDeadline))
            actions.append(.connect(address))
        case .failure(let error):
            fail(error, now, jitter, &actions)
        }
    }

    mutating func greet(_ now: ContinuousClock.Instant, _ actions: inout [Action]) {
        guard case .connecting(let address) = phase else { return }
        phase = .greeting(address, GreetingProgress(greeting))
        lastHeard = now
        actions.append(.write(greeting.encoded))
    }

    mutating func becomeReady(
        _ address: RedisAddress, _ now: ContinuousClock.Instant, _ actions: inout [Action]
    ) {
        phase = .ready(address)
        lastFailure = nil
        silenceNoticed = false
        actions.append(.report(.connected(address, afterFailures: failures, outage: outage.map { now - $0.began })))
        outage = nil
        actions.append(.setTimer(configuration.silenceLimit / 2))
        for unit in waiting.values.sorted(by: { $0.id < $1.id }) { send(unit, &actions) }
        waiting = [:]
        waitingBytes = 0
    }

    mutating func lose(
        _ reason: String, _ now: ContinuousClock.Instant, _ jitter: Double, _ actions: inout [Action]
    ) {
        switch phase {
        case .connecting(let address), .greeting(let address, _), .ready(let address):
            fail(.unreachable(address, reason), now, jitter, &actions)
        case .idle, .resolving, .pausing, .closed: break
        }
    }

    /// The connection is gone: ends what was sent, says so, and pauses before the next attempt.
    mutating func fail(
        _ error: RedisError, _ now: ContinuousClock.Instant, _ jitter: Double, _ actions: inout [Action]
    ) {
        lastFailure = error
        failures += 1
        for unit in sent.removeAll() where unit.id != Self.probe {
            actions.append(.finish(unit.id, .failure(.brokenAfterSending(unit.name, error))))
        }
        report(error, now, &actions)
        phase = .pausing
        actions.append(
            .setTimer(configuration.backoff.pause(afterFailures: failures, jitter: jitter)))
    }

    private mutating func report(_ error: RedisError, _ now: ContinuousClock.Instant, _ actions: inout [Action]) {
        guard var current = outage else {
            outage = Outage(began: now, lastReported: now, attempts: 1)
            actions.append(.report(.lost(error)))
            return
        }
        current.attempts += 1
        if now - current.lastReported >= Self.reportInterval {
            current.lastReported = now
            actions.append(.report(.unreachable(error, attempts: current.attempts, since: now - current.began)))
        }
        outage = current
    }

    mutating func close(_ actions: inout [Action]) {
        for unit in sent.removeAll() where unit.id != Self.probe {
            actions.append(.finish(unit.id, .failure(.closedAfterSending(unit.name))))
        }
        for unit in waiting.values { actions.append(.finish(unit.id, .failure(.closed(unit.name)))) }
        waiting = [:]
        phase = .closed
        actions += [.stopTimer, .drop, .ended]
    }
}
