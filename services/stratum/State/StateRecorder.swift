internal import Logging
internal import Metrics
internal import Mining
internal import Redis
internal import ServiceLifecycle
internal import Synchronization

/// Writes connections, totals of refused shares, who found which block, and the server's load to the shared state: a batch a second at most, one
/// script a batch.
///
/// Nobody waits for it. While Redis is away it is tried again; what is kept meanwhile is bounded, see ``RecorderState``.
final class StateRecorder: PoolRecorder, Service {
    private let redis: RedisClient
    private let prefix: String
    private let server: String
    private let run16: String
    private let logger: Logger
    private let state = Mutex(RecorderState())

    /// The shortest time between two batches.
    private static let interval: Duration = .seconds(1)
    private static let deadline: Duration = .seconds(5)
    private static let logInterval: Duration = .seconds(60)

    /// A recorder that has not begun.
    ///
    /// - Parameters:
    ///   - server: The instance of this service.
    ///   - namespace: The mesh that it belongs to.
    init(_ redis: RedisClient, namespace: String, server: String, logger: Logger) {
        self.redis = redis
        self.server = server
        self.logger = logger
        prefix = "{\(namespace)}:"
        run16 = Hex16.random()
    }

    func connected(_ connection: ConnectionInfo) { state.withLock { $0.put(connection) } }

    func updated(_ connection: ConnectionInfo) { state.withLock { $0.put(connection) } }

    func disconnected(_ connection: ConnectionInfo) { state.withLock { $0.remove(connection.id) } }

    func share(_ share: ShareRecord) { state.withLock { $0.count(share, at: .now) } }

    /// A block was found.
    func found(_ block: FoundBlock) {
        let note = RecorderState.BlockNote(
            hash: block.hash, height: block.height, jobID: block.job.id, worker: block.worker,
            foundAtMilliseconds: block.foundAtMilliseconds)
        state.withLock { $0.note(note) }
    }

    /// Writes until shutdown, and what is left then.
    func run() async throws {
        await cancelWhenGracefulShutdown { await self.record() }
        await writeRest(within: .seconds(1))
    }

    /// Writes what is left; what is not written in that time is lost, and said to be.
    func writeRest(within time: Duration) async {
        let end = ContinuousClock.now + time
        do {
            repeat {
                // A batch that may be written already is written first, and again, before what came after it.
                try await write(within: max(end - .now, .milliseconds(1)))
            } while state.withLock { $0.hasMore }
        } catch {
            let lost = state.withLock { $0.unwrittenShares }
            logger.warning("the last connections and the totals of \(lost) refused shares were not written: \(error)")
        }
        reportLost()
    }

    /// Writes a batch a second until the task is cancelled.
    func record() async {
        var problem: (since: ContinuousClock.Instant, logged: ContinuousClock.Instant)?
        // The sleep throws when the task is cancelled, and nothing else.
        while (try? await Task.sleep(for: Self.interval * (problem == nil ? 1 : Double.random(in: 1..<2)))) != nil {
            do {
                try await write(within: Self.deadline)
                if let begun = problem?.since {
                    logger.notice("the shared state is written again, after \(ContinuousClock.now - begun)")
                    problem = nil
                }
            } catch {
                guard !Task.isCancelled else { return }
                let now = ContinuousClock.now
                if problem.map({ now - $0.logged >= Self.logInterval }) ?? true {
                    logger.warning(
                        "connections and totals of refused shares cannot be written, they are kept and tried again: \(error)"
                    )
                    problem = (problem?.since ?? now, now)
                }
            }
            reportLost()
        }
    }

    /// Writes one batch.
    private func write(within deadline: Duration) async throws {
        let (batch, connections, rate) = state.withLock { state in
            let now = ContinuousClock.now
            return (state.batch(at: now), state.connectionCount, state.sharesPerSecond(at: now))
        }
        _ = try await redis.run(
            RecordScript.script, keys: [],
            arguments: RecordScript.arguments(
                batch, prefix: prefix, server: server, run: run16, connections: connections, sharesPerSecond: rate),
            deadline: deadline)
        state.withLock { $0.written() }
    }

    private func reportLost() {
        let lost = state.withLock { $0.takeLost() }
        guard lost > 0 else { return }
        Counter(label: "pool_shares_unrecorded_total").increment(by: lost)
        logger.error(
            "\(lost) refused shares are in no total: Redis has been away for longer than \(RecorderState.Limit.minutes) minutes, or there are more than \(RecorderState.Limit.totals) totals"
        )
    }
}

/// Names of lives: 16 hexadecimal digits.
private enum Hex16 {
    static func random() -> String {
        let digits = String(UInt64.random(in: 0...(.max)), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
