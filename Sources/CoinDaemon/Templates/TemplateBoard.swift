internal import Logging
internal import Mining
internal import Synchronization

/// What the followers of all daemons share: who has which template, who is ready, and what was chosen. Holds the lock, decides
/// nothing itself.
final class TemplateBoard: Sendable {
    /// The choices in the order in which they were made.
    let selections: AsyncStream<TemplateCandidate>

    private struct State {
        var selector: TemplateSelector
        var monitors: [DaemonMonitor]
    }

    private let state: Mutex<State>
    private let continuation: AsyncStream<TemplateCandidate>.Continuation
    private let daemons: [String]
    private let logger: Logger

    /// The most choices that wait for a slow reader; it would miss the oldest.
    private static let selectionLimit = 64

    init(daemons: [String], policy: any TemplatePolicy, options: TemplateSource.Options, logger: Logger) {
        self.daemons = daemons
        self.logger = logger
        let now = ContinuousClock.now
        state = Mutex(
            State(
                selector: TemplateSelector(
                    policy: policy, daemonCount: daemons.count, settledAt: now + options.settlingTime),
                monitors: daemons.map { _ in DaemonMonitor(backoff: options.backoff, at: now) }))
        (selections, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.selectionLimit))
    }

    var current: TemplateCandidate? { state.withLock { $0.selector.current } }

    func candidate(_ priority: Int) -> TemplateCandidate? { state.withLock { $0.selector.candidate(priority) } }

    func health(_ priority: Int) -> DaemonHealth { state.withLock { $0.monitors[priority].health } }

    func lineage(before priority: Int) -> String? { state.withLock { $0.selector.lineage(before: priority) } }

    /// A daemon gave a template.
    func received(
        _ template: BlockTemplate, at position: ChainPosition, from priority: Int, askedAt: ContinuousClock.Instant
    ) {
        let now = ContinuousClock.now
        let notice = state.withLock { state in
            let notice = state.monitors[priority].succeeded(at: now)
            let health = state.monitors[priority].health
            let candidate = TemplateCandidate(
                daemon: daemons[priority], priority: priority, template: template, position: position, health: health,
                receivedAt: now)
            // Health first: an overtaken template still says that the daemon gives some.
            announce(
                state.selector.received(candidate, askedAt: askedAt)
                    ?? state.selector.healthChanged(priority, health, at: now))
            return notice
        }
        log(notice, priority)
    }

    /// An attempt with a daemon failed; returns how long to wait before the next.
    func failed(_ error: CoinDaemonError, from priority: Int) -> Duration {
        let now = ContinuousClock.now
        let (notice, health) = state.withLock { state in
            let notice = state.monitors[priority].failed(error, at: now, random: Double.random(in: 0..<1))
            let health = state.monitors[priority].health
            announce(state.selector.healthChanged(priority, health, at: now))
            return (notice, health)
        }
        log(notice, priority)
        return (health.nextTry ?? now) - now
    }

    /// Time went by; the policy may have waited for that.
    func reconsider() {
        state.withLock { announce($0.selector.reconsider(at: .now)) }
    }

    func finish() {
        continuation.finish()
    }

    /// Called with the lock held, so that the order of the choices is that of the decisions.
    private func announce(_ choice: TemplateCandidate?) {
        if let choice { continuation.yield(choice) }
    }

    private func log(_ notice: DaemonMonitor.Notice?, _ priority: Int) {
        switch notice {
        case nil: break
        case .ready(after: .unknown, _):
            logger.info("the coin daemon at \(daemons[priority]) gives block templates")
        case .ready(let state, let trouble):
            logger.notice(
                "the coin daemon at \(daemons[priority]) gives block templates again, after \(trouble) (\(state))")
        case .problem(let state, let reason):
            logger.warning("\(reason)", metadata: ["daemon": "\(daemons[priority])", "state": "\(state)"])
        case .stillThere(let state, let reason, let duration):
            logger.warning(
                "still, after \(duration): \(reason)",
                metadata: ["daemon": "\(daemons[priority])", "state": "\(state)"])
        }
    }
}
