internal import CoinDaemon
internal import Logging
internal import Synchronization

/// Writes outcomes of blocks to the ledger, beside the handing in, so that a ledger that is away delays nobody.
///
/// While it is away the outcomes wait, the newest of each block; beyond the bound the oldest block is given up, which is logged: what
/// a daemon has made of it can be asked again.
final class BlockChronicle: Sendable {
    private struct State {
        var waiting: [String: BlockOutcome] = [:]
        var order: [String] = []
    }

    private let ledger: any BlockLedger
    private let logger: Logger
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// The most blocks whose outcomes wait.
    static let limit = 1024

    init(_ ledger: any BlockLedger, logger: Logger) {
        self.ledger = ledger
        self.logger = logger
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes an outcome to be written soon; never waits.
    func add(_ outcome: BlockOutcome) {
        let lost = state.withLock { state -> String? in
            if state.waiting.updateValue(outcome, forKey: outcome.hash) == nil { state.order.append(outcome.hash) }
            guard state.order.count > Self.limit else { return nil }
            let oldest = state.order.removeFirst()
            state.waiting[oldest] = nil
            return oldest
        }
        if let lost {
            logger.error(
                "the outcome of a block is not recorded: \(Self.limit) others wait for Redis",
                metadata: ["block": "\(lost)"])
        }
        signal.yield()
    }

    /// Writes outcomes until the task is cancelled.
    func run() async {
        for await _ in signals { await writeAll() }
    }

    private func writeAll() async {
        let backoff = Backoff(first: .milliseconds(200), limit: .seconds(5))
        var failures = 0
        while !Task.isCancelled, let outcome = next {
            do {
                try await ledger.record(outcome)
                if failures > 0 { logger.notice("outcomes of blocks are recorded again") }
                failures = 0
                written(outcome)
            } catch {
                failures += 1
                if failures == 1 {
                    logger.warning(
                        "the outcome of the block \(outcome.hash) cannot be recorded, it is tried again: \(error)")
                }
                // Cancelled while it waits: the loop's condition sees it.
                try? await Task.sleep(for: backoff.delay(afterFailures: failures, random: .random(in: 0..<1)))
            }
        }
    }

    private var next: BlockOutcome? { state.withLock { state in state.order.first.flatMap { state.waiting[$0] } } }

    /// Forgets an outcome, unless a newer one of the same block has come meanwhile.
    private func written(_ outcome: BlockOutcome) {
        state.withLock { state in
            guard state.waiting[outcome.hash] == outcome else { return }
            state.waiting[outcome.hash] = nil
            state.order.removeAll { $0 == outcome.hash }
        }
    }
}
