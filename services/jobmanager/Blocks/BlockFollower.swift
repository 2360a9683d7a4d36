internal import CoinDaemon
internal import Logging
internal import Metrics
internal import Mining

/// Follows found blocks in the chain until they can be spent, or the chain has gone on without them.
///
/// Every jobmanager does it: what one has written is nothing new to the others.
struct BlockFollower: Sendable {
    let daemons: [CoinDaemonClient]
    let ledger: any BlockLedger
    let interval: Duration
    let logger: Logger

    /// Looks again and again until the task is cancelled.
    func run() async {
        var lastProblem: String?
        // The sleep throws when the task is cancelled, and nothing else.
        while (try? await Task.sleep(for: interval * Double.random(in: 0.8..<1.2))) != nil {
            do {
                try await look()
                if lastProblem != nil { logger.notice("found blocks are followed again") }
                lastProblem = nil
            } catch {
                if lastProblem == nil, !Task.isCancelled {
                    logger.warning("found blocks cannot be followed for now, it is tried again: \(error)")
                }
                lastProblem = "\(error)"
            }
        }
    }

    /// Looks once at every open block.
    ///
    /// - Throws: When the ledger or all daemons are away.
    func look() async throws {
        let blocks = try await ledger.open()
        guard !blocks.isEmpty else { return }
        let (daemon, tip) = try await firstAnswering()
        for block in blocks {
            let standing = try await daemon.standing(of: block.hash)
            guard let update = block.update(standing, tip: tip) else { continue }
            if let before = try await ledger.follow(update) { note(block, update, before) }
        }
    }

    /// The preferred daemon that answers, and the height of its chain.
    private func firstAnswering() async throws -> (CoinDaemonClient, Int) {
        var failure = CoinDaemonError(.invalidConfiguration, "no coin daemon is configured; see --daemons")
        for daemon in daemons {
            do throws(CoinDaemonError) {
                return (daemon, try await daemon.blockCount())
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private func note(_ block: OpenBlock, _ update: BlockUpdate, _ before: BlockVerdict.Outcome) {
        let metadata: Logger.Metadata = [
            "block": "\(block.hash)", "height": "\(block.height)",
            "confirmations": "\(update.confirmations.map { "\($0)" } ?? "unknown")",
        ]
        if update.outcome != before {
            Counter(
                label: "pool_block_changes_total",
                dimensions: [("from", before.rawValue), ("to", update.outcome.rawValue)]
            ).increment()
            logger.warning("the block was \(before.rawValue) and is \(update.outcome.rawValue) now", metadata: metadata)
        }
        switch update.end {
        case .mature:
            Counter(label: "pool_blocks_mature_total").increment()
            logger.notice("the block is mature", metadata: metadata)
        case .gone: logger.warning("the block is followed no longer: \(update.outcome.rawValue)", metadata: metadata)
        case nil: break
        }
    }
}
