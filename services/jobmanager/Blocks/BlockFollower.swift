internal import CoinDaemon
internal import Logging
internal import Metrics
internal import Mining

/// Follows found blocks in the chain until they can be spent, or the chain has gone on without them.
///
/// Every jobmanager does it: what one has written is nothing new to the others. Of the daemons the one whose chain has the most work is
/// believed, see ``ChainView/believed(_:)``.
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
        var chains = try await chains()[...]
        for block in blocks {
            guard let update = try await update(of: block, by: &chains) else { continue }
            if let before = try await ledger.follow(update) { note(block, update, before) }
        }
    }

    /// What the first of the chains says of a block that is new.
    ///
    /// - Parameter chains: One whose daemon does not answer is taken out: it is asked for nothing more in this round.
    /// - Throws: The last daemon's error, when none is left.
    private func update(
        of block: OpenBlock, by chains: inout ArraySlice<ChainView>
    ) async throws(CoinDaemonError) -> BlockUpdate? {
        while let chain = chains.first {
            do throws(CoinDaemonError) {
                return block.update(try await daemons[chain.priority].standing(of: block.hash), tip: chain.height)
            } catch {
                chains.removeFirst()
                if chains.isEmpty { throw error }
            }
        }
        return nil
    }

    /// The chains of the daemons that answer, in the order in which they are believed.
    ///
    /// - Throws: The preferred daemon's error, when none answers.
    private func chains() async throws(CoinDaemonError) -> [ChainView] {
        let answers = await withTaskGroup(of: (Int, Result<BlockchainInfo, CoinDaemonError>).self) { group in
            for (priority, daemon) in daemons.enumerated() {
                group.addTask(name: "chain of \(daemon.endpoint)") {
                    do throws(CoinDaemonError) {
                        return (priority, .success(try await daemon.blockchainInfo()))
                    } catch {
                        return (priority, .failure(error))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }
        }
        let views = answers.compactMap { priority, answer in
            (try? answer.get()).map {
                ChainView(priority: priority, chain: $0.chain, height: $0.blocks, chainwork: $0.chainwork)
            }
        }
        // None has answered: the first one's error stands for all.
        if views.isEmpty, let first = answers.first { _ = try first.1.get() }
        return ChainView.believed(views)
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
