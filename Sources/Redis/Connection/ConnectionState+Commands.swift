extension ConnectionState {
    mutating func submit(_ unit: CommandUnit, _ actions: inout [Action]) {
        let limits = configuration.limits
        guard sent.count + waiting.count < limits.pendingCommands,
            sent.byteCount + waitingBytes + unit.encoded.count <= limits.pendingBytes
        else {
            actions.append(.finish(unit.id, .failure(.overloaded(unit.name, sent.count + waiting.count))))
            return
        }
        if case .ready = phase {
            send(unit, &actions)
        } else if unit.waitsForConnection {
            waiting[unit.id] = unit
            waitingBytes += unit.encoded.count
        } else {
            actions.append(.finish(unit.id, .failure(.notConnected(unit.name, lastFailure))))
        }
    }

    mutating func send(_ unit: CommandUnit, _ actions: inout [Action]) {
        sent.append(unit)
        actions.append(.write(unit.encoded))
    }

    mutating func receive(
        _ values: [RedisValue], _ now: ContinuousClock.Instant, _ jitter: Double, _ actions: inout [Action]
    ) {
        lastHeard = now
        silenceNoticed = false
        var problem: String?
        var hasGreeted = false
        replies: for value in values {
            if greeting.isSubscriber, value.isSubscriptionMessage {
                actions.append(.deliver(value))
            } else if case .greeting(let address, var progress) = phase {
                let outcome = progress.take(value)
                phase = .greeting(address, progress)
                switch outcome {
                case .unfinished: break
                case .finished:
                    becomeReady(address, now, &actions)
                    hasGreeted = true
                case .refused(let text, let step):
                    problem = RedisError.reply(text, to: step).message
                    break replies
                }
            } else if hasGreeted {
                // Nothing that was sent after the greeting can have been answered in the same breath.
                problem = Self.unaskedReply
                break replies
            } else {
                let reason = take(value, &actions)
                problem = problem ?? reason
            }
        }
        if let problem {
            actions.append(.drop)
            lose(problem, now, jitter, &actions)
        }
    }

    /// Takes a reply, and returns why the connection has to be given up, if it has.
    private mutating func take(_ value: RedisValue, _ actions: inout [Action]) -> String? {
        let (wasDue, completed) = sent.take(value)
        guard wasDue else { return Self.unaskedReply }
        guard let (id, name, value) = completed, id != Self.probe else { return nil }
        guard case .error(let text) = value else {
            actions.append(.finish(id, .success(value)))
            return nil
        }
        let error = RedisError.reply(text, to: name)
        actions.append(.finish(id, .failure(error)))
        return error.code == .readOnly ? "it is a read-only replica now" : nil
    }

    /// The caller of a unit no longer waits for it.
    mutating func giveUp(
        _ id: UInt64, _ actions: inout [Action],
        because reason: (ConnectionState, _ name: String, _ sent: Bool) -> RedisError
    ) {
        if let unit = waiting.removeValue(forKey: id) {
            waitingBytes -= unit.encoded.count
            actions.append(.finish(id, .failure(reason(self, unit.name, false))))
        } else if let name = sent.abandon(id) {
            actions.append(.finish(id, .failure(reason(self, name, true))))
        }
    }

    func deadlinePassed(_ name: String, sent: Bool) -> RedisError {
        guard sent else { return .notConnected(name, lastFailure) }
        guard case .ready(let address) = phase else { return .notConnected(name, lastFailure) }
        return .unanswered(name, address)
    }
}
