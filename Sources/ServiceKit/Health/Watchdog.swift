internal import Foundation
public import Logging
internal import Synchronization

/// Ends the process when a loop that it watches hangs: a thread of its own asks each loop for an answer.
///
/// A process whose I/O loop hangs looks alive to the network and to its supervisor; ended, it is replaced.
public final class Watchdog: Sendable {
    /// Hands a closure to the observed loop, which is to call it as soon as it gets to it. Called on the watchdog's thread;
    /// must not block.
    public typealias Probe = @Sendable (_ answer: @escaping @Sendable () -> Void) -> Void

    private struct State {
        var decision: WatchdogState
        var probes: [String: Probe] = [:]
        var isStarted = false
        var isStopped = false
    }

    private let tick: Duration
    private let logger: Logger
    private let onHang: @Sendable (_ loop: String) -> Void
    private let state: Mutex<State>

    /// Makes a watchdog that watches nothing yet.
    ///
    /// - Parameters:
    ///   - tick: How long its thread sleeps between two looks.
    ///   - limit: How long a loop may take to answer, counted in ticks.
    ///   - onHang: Ends the process; called on the watchdog's thread.
    public init(
        tick: Duration = .milliseconds(250), limit: Duration = .seconds(10), logger: Logger,
        onHang: @escaping @Sendable (_ loop: String) -> Void = Watchdog.endProcess
    ) {
        self.tick = tick
        self.logger = logger
        self.onHang = onHang
        state = Mutex(State(decision: WatchdogState(limit: max(2, Int(limit / tick)))))
    }

    /// Exits at once with ``ExitCode/internalError``, without a word to the rest of the process, which may hang as well.
    @Sendable public static func endProcess(_ loop: String) {
        _exit(ExitCode.internalError.rawValue)
    }

    /// Watches the loop called `name` from now on.
    public func watch(_ name: String, probe: @escaping Probe) {
        state.withLock {
            $0.decision.watch(name)
            $0.probes[name] = probe
        }
    }

    /// Watches the loop called `name` no longer.
    public func unwatch(_ name: String) {
        state.withLock {
            $0.decision.unwatch(name)
            $0.probes[name] = nil
        }
    }

    /// The loops that have not answered for half the limit or longer. Empty is healthy.
    public var late: [String] {
        state.withLock { $0.decision.late }
    }

    /// Starts the thread, once.
    public func start() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        let thread = Thread { [self] in run() }
        thread.name = "watchdog"
        thread.start()
    }

    /// Lets the thread end within a tick.
    public func stop() {
        state.withLock { $0.isStopped = true }
    }

    private func run() {
        while !state.withLock({ $0.isStopped }) {
            Thread.sleep(forTimeInterval: tick / .seconds(1))
            for action in state.withLock({ $0.isStopped ? [] : $0.decision.tick() }) { perform(action) }
        }
    }

    private func perform(_ action: WatchdogState.Action) {
        switch action {
        case .probe(let name, let round):
            let probe = state.withLock { $0.probes[name] }
            probe? { [weak self] in
                self?.state.withLock { $0.decision.answered(name, round: round) }
            }
        case .late(let name, let ticks):
            logger.warning("a loop is late", metadata: metadata(name, ticks))
        case .hung(let name, let ticks):
            logger.critical("a loop hangs; ending the process", metadata: metadata(name, ticks))
            onHang(name)
        }
    }

    private func metadata(_ name: String, _ ticks: Int) -> Logger.Metadata {
        ["loop": "\(name)", "unanswered": "\((tick * ticks).shortText)"]
    }
}
