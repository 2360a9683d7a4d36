internal import Dispatch
internal import Glibc
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Catches SIGTERM and SIGINT and sees to it that the process ends in time, even where nothing else of it runs any more:
/// signals and deadlines arrive on a thread that no task can occupy.
///
/// As a service it runs until the first signal; its end makes the service group shut down gracefully.
final class ShutdownTrap: Service {
    private let state: Mutex<ShutdownState>
    private let logger: Logger
    private let readiness: Readiness
    private let exit: @Sendable (ExitCode) -> Void
    private let queue = DispatchQueue(label: "shutdown")
    private let sources = Mutex<[SignalSource]>([])
    private let start = ContinuousClock.now
    private let draining: AsyncStream<Void>
    private let drain: AsyncStream<Void>.Continuation

    /// `exit` is called on a thread of its own and must not return in production.
    init(
        drainBudget: Duration, readiness: Readiness, logger: Logger,
        exit: @escaping @Sendable (ExitCode) -> Void = { Glibc._exit($0.rawValue) }
    ) {
        state = Mutex(ShutdownState(drainBudget: drainBudget))
        self.logger = logger
        self.readiness = readiness
        self.exit = exit
        (draining, drain) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// From now on the process does not die of these signals by itself, nor of a peer that hangs up while it writes.
    ///
    /// A signal that comes earlier ends the process as it ends any: none may be ignored until the sources take them, which Dispatch
    /// registers on a thread of its own.
    func install() async {
        _ = signal(SIGPIPE, SIG_IGN)
        for number in [SIGTERM, SIGINT] {
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            // Held for good: a signal may come as long as the process lives.
            source.setEventHandler { self.received(number) }
            await withCheckedContinuation { registered in
                source.setRegistrationHandler { registered.resume() }
                source.resume()
            }
            let kept = SignalSource(source: source)
            sources.withLock { $0.append(kept) }
        }
    }

    func run() async throws {
        // A signal may have come before the start.
        state.withLock { if $0.isRunning { readiness.setReady(Self.condition) } }
        for await _ in draining.cancelOnGracefulShutdown() { return }
    }

    /// A signal came.
    func received(_ signal: Int32) {
        perform(state.withLock { $0.received(signal, at: now) }, because: "signal \(signal)")
    }

    /// A service of the process ended with an error.
    func failed(_ error: any Error) {
        perform(state.withLock { $0.failed(ExitCode(of: error), at: now) }, because: "a failed service")
    }

    static let condition = "lifecycle"

    private var now: Duration { start.duration(to: .now) }

    private func perform(_ action: ShutdownState.Action, because reason: String) {
        switch action {
        case .none:
            break
        case .drain(let deadline):
            logger.notice("draining", metadata: ["cause": "\(reason)", "budget": "\((deadline - now).shortText)"])
            readiness.set(Self.condition, notReady: "draining")
            drain.yield()
            wake(at: deadline)
        case .wait(let deadline):
            readiness.set(Self.condition, notReady: "a service of this process failed")
            wake(at: deadline)
        case .exit(let code):
            logger.critical("exiting at once", metadata: ["cause": "\(reason)", "status": "\(code.rawValue)"])
            exit(code)
        }
    }

    private func wake(at deadline: Duration) {
        let milliseconds = max(0, Int((deadline - now) / .milliseconds(1)) + 1)
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
            perform(state.withLock { $0.deadlinePassed(at: now) }, because: "the deadline")
        }
    }
}

/// A source that is kept so that it goes on; nothing touches it after it was made.
private struct SignalSource: @unchecked Sendable {
    let source: any DispatchSourceSignal
}
