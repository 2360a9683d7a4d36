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
    var phase = Phase.idle
    var lastFailure: RedisError?

    var sent = SentUnits()
    /// Units that wait for a connection. A dictionary, so that one that gives up leaves no trace; identifiers grow with time.
    var waiting: [UInt64: CommandUnit] = [:]
    var waitingBytes = 0
    var failures = 0
    var outage: Outage?
    var lastHeard: ContinuousClock.Instant?
    var silenceNoticed = false

    /// How often an outage that goes on is mentioned again.
    static let reportInterval = Duration.seconds(30)
    static let unaskedReply = "it sent a reply that nobody asked for; is it a Redis server?"
    /// The identifier of the client's own PING; callers' identifiers begin at 1.
    static let probe: UInt64 = 0

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
