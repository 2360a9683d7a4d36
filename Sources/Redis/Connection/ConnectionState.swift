/// What decides about one connection: when to connect, what to send, how each command ends. Events go in, actions come out; time and
/// randomness are parameters, and nothing here waits or does I/O.
///
///     idle -> resolving -> connecting -> greeting -> ready -> pausing -> resolving ...      any -> closed
struct ConnectionState {
    enum Event {
        case start
        case addressKnown(Result<RedisAddress, RedisError>)
        case connected
        case received([RedisValue])
        /// The connection broke, or could not be made; the shell has closed it.
        case lost(reason: String)
        /// The one timer fired that the last `setTimer` asked for.
        case timerFired
        case submitted(CommandUnit)
        case deadlineReached(UInt64)
        case cancelled(UInt64)
        case close
    }

    enum Action {
        case askForAddress
        case connect(RedisAddress)
        case write([UInt8])
        case drop
        /// Replaces the timer that is running.
        case setTimer(Duration)
        case stopTimer
        case finish(UInt64, Result<RedisValue, RedisError>)
        /// A message of a subscription.
        case deliver(RedisValue)
        case report(Report)
        case ended
    }

    /// What the log hears.
    enum Report: Equatable {
        case connected(RedisAddress, afterFailures: Int, outage: Duration?)
        case lost(RedisError)
        case unreachable(RedisError, attempts: Int, since: Duration)
    }

    enum Phase {
        case idle, resolving, pausing, closed
        case connecting(RedisAddress)
        case greeting(RedisAddress, GreetingProgress)
        case ready(RedisAddress)
    }

    struct Outage {
        let began: ContinuousClock.Instant
        var lastReported: ContinuousClock.Instant
        var attempts = 0
    }

    let configuration: RedisConfiguration
    let greeting: Greeting
    private(set) var phase = Phase.idle
    private(set) var lastFailure: RedisError?

    private var sent = SentUnits()
    /// Units that wait for a connection. A dictionary, so that one that gives up leaves no trace; identifiers grow with time.
    private var waiting: [UInt64: CommandUnit] = [:]
    private var waitingBytes = 0
    private var failures = 0
    private var outage: Outage?
    private var lastHeard: ContinuousClock.Instant?
    private var silenceNoticed = false

    /// How often an outage that goes on is mentioned again.
    static let reportInterval = Duration.seconds(30)
    private static let unaskedReply = "it sent a reply that nobody asked for; is it a Redis server?"
    /// The identifier of the client's own PING; callers' identifiers begin at 1.
    private static let probe: UInt64 = 0

    init(configuration: RedisConfiguration, greeting: Greeting) {
        self.configuration = configuration
        self.greeting = greeting
    }

    var isClosed: Bool { if case .closed = phase { true } else { false } }

    var status: RedisStatus {
        switch phase {
        case .ready(let address): .connected(address)
        case .closed: .closed
        default: lastFailure.map { .disconnected($0) } ?? .connecting
        }
    }

    /// Takes one event; `jitter` is in 0..<1.
    mutating func handle(_ event: Event, now: ContinuousClock.Instant, jitter: Double) -> [Action] {
        var actions: [Action] = []
        guard !isClosed else {
            if case .submitted(let unit) = event { actions.append(.finish(unit.id, .failure(.closed(unit.name)))) }
            return actions
        }
        switch event {
        case .start: ask(&actions)
        case .addressKnown(let result): connect(result, now, jitter, &actions)
        case .connected: greet(now, &actions)
        case .received(let values): receive(values, now, jitter, &actions)
        case .lost(let reason): lose(reason, now, jitter, &actions)
        case .timerFired: timerFired(now, jitter, &actions)
        case .submitted(let unit): submit(unit, &actions)
        case .deadlineReached(let id): giveUp(id, &actions) { $0.deadlinePassed($1, sent: $2) }
        case .cancelled(let id): giveUp(id, &actions) { _, name, sent in .cancelled(name, sent: sent) }
        case .close: close(&actions)
        }
        return actions
    }
}

// MARK: - Connecting

extension ConnectionState {
    private mutating func ask(_ actions: inout [Action]) {
        phase = .resolving
        actions.append(.setTimer(configuration.connectDeadline))
        actions.append(.askForAddress)
    }

    private mutating func connect(
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

    private mutating func greet(_ now: ContinuousClock.Instant, _ actions: inout [Action]) {
        guard case .connecting(let address) = phase else { return }
        phase = .greeting(address, GreetingProgress(greeting))
        lastHeard = now
        actions.append(.write(greeting.encoded))
    }

    private mutating func becomeReady(
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

    private mutating func lose(
        _ reason: String, _ now: ContinuousClock.Instant, _ jitter: Double, _ actions: inout [Action]
    ) {
        switch phase {
        case .connecting(let address), .greeting(let address, _), .ready(let address):
            fail(.unreachable(address, reason), now, jitter, &actions)
        case .idle, .resolving, .pausing, .closed: break
        }
    }

    /// The connection is gone: ends what was sent, says so, and pauses before the next attempt.
    private mutating func fail(
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

    private mutating func close(_ actions: inout [Action]) {
        for unit in sent.removeAll() where unit.id != Self.probe {
            actions.append(.finish(unit.id, .failure(.closedAfterSending(unit.name))))
        }
        for unit in waiting.values { actions.append(.finish(unit.id, .failure(.closed(unit.name)))) }
        waiting = [:]
        phase = .closed
        actions += [.stopTimer, .drop, .ended]
    }
}

// MARK: - Commands and replies

extension ConnectionState {
    private mutating func submit(_ unit: CommandUnit, _ actions: inout [Action]) {
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

    private mutating func send(_ unit: CommandUnit, _ actions: inout [Action]) {
        sent.append(unit)
        actions.append(.write(unit.encoded))
    }

    private mutating func receive(
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
    private mutating func giveUp(
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

    private func deadlinePassed(_ name: String, sent: Bool) -> RedisError {
        guard sent else { return .notConnected(name, lastFailure) }
        guard case .ready(let address) = phase else { return .notConnected(name, lastFailure) }
        return .unanswered(name, address)
    }
}

// MARK: - Time

extension ConnectionState {
    private mutating func timerFired(_ now: ContinuousClock.Instant, _ jitter: Double, _ actions: inout [Action]) {
        switch phase {
        case .idle, .closed: break
        case .pausing: ask(&actions)
        case .resolving:
            let problem = "its address was not known within \(configuration.connectDeadline)"
            fail(.unreachable(configuration.url.address, problem), now, jitter, &actions)
        case .connecting, .greeting:
            actions.append(.drop)
            lose("it did not answer within \(configuration.connectDeadline)", now, jitter, &actions)
        case .ready: watchSilence(now, jitter, &actions)
        }
    }

    private mutating func watchSilence(_ now: ContinuousClock.Instant, _ jitter: Double, _ actions: inout [Action]) {
        // A connection that held for a while ends a row of failures; one that breaks at once does not.
        failures = 0
        let limit = configuration.silenceLimit
        let silence = lastHeard.map { now - $0 } ?? .zero
        if silence < limit / 2 {
            actions.append(.setTimer(limit / 2 - silence))
        } else if sent.count == 0 {
            let ping = RedisCommand(unchecked: ["PING"])
            send(
                CommandUnit(
                    id: Self.probe, name: "PING", encoded: ping.encoded, replyCount: 1, waitsForConnection: false,
                    deadline: limit), &actions)
            actions.append(.setTimer(limit / 2))
        } else if silence < limit {
            actions.append(.setTimer(limit - silence))
        } else if !silenceNoticed {
            // After this process itself was stopped the answer may lie in the socket: one look at it before giving up.
            silenceNoticed = true
            actions.append(.setTimer(limit / 16))
        } else {
            actions.append(.drop)
            lose("it has been silent for \(silence), with commands unanswered", now, jitter, &actions)
        }
    }
}
