internal import Foundation
internal import Logging
internal import Synchronization

/// Sends lines to a statsd server from a thread of its own: name servers and kernels may take their time, and whoever counts
/// something never waits for them. It only takes a lock and copies a line.
final class StatsdSender: Sendable {
    /// How long ``stop()`` waits for the last datagrams.
    static let farewell = DispatchTimeInterval.milliseconds(250)

    private struct State {
        var buffer = StatsdBuffer()
        var unsent = 0
        var isStarted = false
        var isStopped = false

        var lost: Int { buffer.dropped + unsent }
    }

    private let target: StatsdTarget
    private let logger: Logger
    private let epoch = ContinuousClock.now
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(_ target: StatsdTarget, logger: Logger) {
        self.target = target
        self.logger = logger
    }

    /// How many events did not reach the network, since the start.
    var lost: Int { state.withLock { $0.lost } }

    /// Hands over the lines of one event. Never blocks; beyond the buffer's bound the oldest lines are lost and counted.
    func send(_ lines: String) {
        let now = now
        if state.withLock({ $0.buffer.add(lines, at: now) }) { wake.signal() }
    }

    /// Starts the thread, once.
    func start() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        let thread = Thread { [self] in sendUntilStopped() }
        thread.name = "statsd"
        thread.start()
    }

    /// Sends what is left and ends the thread; waits for that a quarter of a second at most, as at the end of a process.
    func stop() {
        let isRunning = state.withLock { state in
            defer { state.isStopped = true }
            return state.isStarted && !state.isStopped
        }
        guard isRunning else { return }
        wake.signal()
        _ = ended.wait(timeout: .now() + Self.farewell)
    }

    private var now: Duration { epoch.duration(to: .now) }

    // MARK: The thread

    private func sendUntilStopped() {
        var socket: StatsdSocket?
        var link = StatsdLink()
        var losses = StatsdLosses()
        var reason = "more events than can be sent"
        var random = SystemRandomNumberGenerator()
        var isStopped = false
        while !isStopped {
            isStopped = state.withLock { $0.isStopped }
            if now >= link.nextLookup, due != nil {
                do throws(ServiceKitError) {
                    socket = try StatsdSocket(target)
                    link.found(at: now)
                } catch {
                    reason = error.message
                    link.lookupFailed(at: now, using: &random)
                }
            }
            if let failure = socket?.send(take(all: isStopped)) {
                reason = failure.reason
                state.withLock { $0.unsent += failure.events }
                link.sendFailed(at: now, using: &random)
            }
            let lost = lost
            if let count = losses.report(lost, at: now) { warn(count, reason) }
            let nextSend = socket == nil ? due.map { _ in link.nextLookup } : due
            if !isStopped { wait(until: [nextSend, losses.due(lost)].compactMap(\.self).min()) }
        }
        ended.signal()
    }

    private var due: Duration? { state.withLock { $0.buffer.due } }

    private func take(all: Bool) -> [StatsdDatagram] {
        let now = now
        return state.withLock { $0.buffer.take(at: now, all: all) }
    }

    private func wait(until time: Duration?) {
        guard let time else { return wake.wait() }
        _ = wake.wait(timeout: .now() + max(.zero, time - now) / .seconds(1))
    }

    private func warn(_ count: Int, _ reason: String) {
        logger.warning(
            "metrics for statsd were lost; /metrics has them all",
            metadata: ["events": "\(count)", "server": "\(target)", "reason": "\(reason)"])
    }
}
