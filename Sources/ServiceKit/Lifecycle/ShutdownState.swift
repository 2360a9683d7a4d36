/// Decides how a process ends: the first signal drains, a second one or the end of the drain budget exits at once.
///
/// The time is a parameter, as the duration since any fixed point.
struct ShutdownState {
    enum Action: Equatable {
        case none
        /// Begin to drain, and come back at the deadline.
        case drain(deadline: Duration)
        /// A part of the process has failed: come back at the deadline, should the rest not have ended by itself.
        case wait(deadline: Duration)
        /// Exit at once.
        case exit(ExitCode)
    }

    private enum State {
        case running
        case draining(signal: Int32, since: Duration, deadline: Duration)
        case failed(ExitCode, deadline: Duration)
    }

    /// A terminal sends SIGINT to the whole process group, and the supervisor in it adds SIGTERM: one wish, two signals.
    static let sameWishWindow = Duration.seconds(1)
    /// How long the other parts may take to end after one has failed.
    static let failureGrace = Duration.seconds(5)

    private let budget: Duration
    private var state = State.running

    init(drainBudget: Duration) {
        budget = drainBudget
    }

    /// Whether nothing has asked for the end yet.
    var isRunning: Bool {
        if case .running = state { true } else { false }
    }

    mutating func received(_ signal: Int32, at now: Duration) -> Action {
        switch state {
        case .running:
            state = .draining(signal: signal, since: now, deadline: now + budget)
            return .drain(deadline: now + budget)
        case .draining(let first, let since, _):
            return signal != first && now - since < Self.sameWishWindow ? .none : .exit(.interrupted(by: signal))
        case .failed(let code, _):
            return .exit(code)
        }
    }

    /// A part of the process ended with an error that means `code`.
    mutating func failed(_ code: ExitCode, at now: Duration) -> Action {
        switch state {
        case .running:
            state = .failed(code, deadline: now + Self.failureGrace)
            return .wait(deadline: now + Self.failureGrace)
        case .draining(_, _, let deadline):
            let deadline = min(deadline, now + Self.failureGrace)
            state = .failed(code, deadline: deadline)
            return .wait(deadline: deadline)
        case .failed:
            return .none
        }
    }

    /// A deadline of an earlier action has come.
    mutating func deadlinePassed(at now: Duration) -> Action {
        switch state {
        case .running: .none
        case .draining(_, _, let deadline): now < deadline ? .none : .exit(.drainBudgetSpent)
        case .failed(let code, let deadline): now < deadline ? .none : .exit(code)
        }
    }
}
