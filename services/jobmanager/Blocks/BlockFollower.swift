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
        var chains = try await chains()
        for block in blocks {
            let answer = try await standing(of: block.hash, by: chains)
            // Who did not answer is asked for nothing more in this round.
            chains.removeFirst(answer.silent)
            guard let update = block.update(answer.standing, tip: answer.tip) else { continue }
            if let before = try await ledger.follow(update) { note(block, update, before) }
        }
    }

    /// What the first of the chains whose daemon answers says of a block, how high that chain is, and how many before it were silent.
    ///
    /// - Throws: The last daemon's error, when none answers.
    private func standing(
        of hash: String, by chains: [ChainView]
    ) async throws -> (standing: BlockStanding, tip: Int, silent: Int) {
        var failure: any Error = CoinDaemonError(.invalidConfiguration, "no coin daemon is configured; see --daemons")
        for (silent, chain) in chains.enumerated() {
            do {
                return (try await daemons[chain.priority].standing(of: hash), chain.height, silent)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// The chains of the daemons that answer, in the order in which they are believed.
    ///
    /// - Throws: The preferred daemon's error, when none answers.
    private func chains() async throws -> [ChainView] {
        let answers = await withTaskGroup(of: (priority: Int, answer: Result<BlockchainInfo, any Error>).self) {
            group in
            for (priority, daemon) in daemons.enumerated() {
                group.addTask(name: "chain of \(daemon.endpoint)") { (priority, await info(of: daemon)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.priority < $1.priority }
        }
        var views: [ChainView] = []
        for (priority, answer) in answers {
            guard case .success(let info) = answer else { continue }
            views.append(
                ChainView(priority: priority, chain: info.chain, height: info.blocks, chainwork: info.chainwork))
        }
        // None has answered: the first one's error stands for all.
        if views.isEmpty, let first = answers.first { _ = try first.answer.get() }
        return ChainView.believed(views)
    }

    /// A function of its own, with an untyped error: Swift 6.3 in release loses the priority where a task of the group catches a typed one.
    private func info(of daemon: CoinDaemonClient) async -> Result<BlockchainInfo, any Error> {
        do { return .success(try await daemon.blockchainInfo()) } catch { return .failure(error) }
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
