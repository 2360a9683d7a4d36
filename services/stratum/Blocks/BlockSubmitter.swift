internal import Logging
internal import Mesh
internal import Metrics
internal import Mining
internal import Synchronization

/// Keeps found blocks on disk, and submits each to every jobmanager until it is decided.
///
/// A block is on the disk before anybody is told of it; where the disk does not take it, that is logged as an error, and the block is
/// submitted from memory all the same. What an earlier life of the process left on the disk is submitted at the start.
final class BlockSubmitter: BlockSink {
    private struct Entry {
        let block: FoundBlock
        var campaign: BlockCampaign
        var lastLog: ContinuousClock.Instant
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var jobmanagers: [BlockCampaign.Jobmanager] = []
        /// What is to be done by ``run()``.
        var actions: [(hash: String, action: BlockCampaign.Action)] = []
        /// Whether there are blocks on the disk that memory had no room for.
        var hasMoreOnDisk = false
    }

    private let spool: FoundBlockSpool
    private let memoryLimit: Int
    private let heard: @Sendable (FoundBlock) -> Void
    private let logger: Logger
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// How often it is said that a block is still undecided.
    private static let logInterval: Duration = .seconds(60)

    /// A submitter that has not begun. Blocks may be given to it before ``run()``.
    ///
    /// - Parameters:
    ///   - spool: The folder of this server's blocks.
    ///   - memoryLimit: The most undecided blocks in memory; more stay on the disk until there is room.
    ///   - heard: Is told of every block when it is found.
    init(
        _ spool: FoundBlockSpool, logger: Logger, memoryLimit: Int = 256,
        heard: @escaping @Sendable (FoundBlock) -> Void = { _ in }
    ) {
        self.spool = spool
        self.memoryLimit = memoryLimit
        self.heard = heard
        self.logger = logger
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The blocks that are not decided yet, by hash.
    var undecided: [String] { state.withLock { $0.entries.keys.sorted() } }

    /// Takes a block: to the disk, then to be submitted. It waits for the disk and for nothing else.
    func found(_ block: FoundBlock) {
        do throws(FoundBlockSpool.Failure) {
            try spool.write(block)
        } catch {
            Counter(label: "pool_spool_failures_total").increment()
            logger.error(
                "the block is not on the disk and is submitted from memory; it would be lost with this process: \(error)",
                metadata: block.metadata)
        }
        take(block)
        heard(block)
    }

    /// Submits blocks until the task is cancelled; those of an earlier life first. To be called once.
    func run(with jobmanagers: any Jobmanagers) async {
        do throws(FoundBlockSpool.Failure) {
            try spool.prepare()
        } catch {
            logger.error("found blocks cannot be kept on the disk: \(error)")
        }
        loadLeftovers()
        jobmanagers.observe { [weak self] in self?.know($0) }
        await withDiscardingTaskGroup { group in
            group.addTask(name: "block timer") { await self.keepTime() }
            for await _ in signals {
                for (hash, action) in takeActions() { perform(action, on: hash, with: jobmanagers, in: &group) }
            }
            group.cancelAll()
        }
    }

    // MARK: Events

    private func take(_ block: FoundBlock) {
        let now = ContinuousClock.now
        state.withLock { state in
            guard state.entries[block.hash] == nil else { return }
            guard state.entries.count < memoryLimit else {
                state.hasMoreOnDisk = true
                return logger.error(
                    "\(memoryLimit) blocks are undecided: the block waits on the disk", metadata: block.metadata)
            }
            var campaign = BlockCampaign(hash: block.hash, at: now)
            let actions = campaign.know(state.jobmanagers, at: now)
            state.entries[block.hash] = Entry(block: block, campaign: campaign, lastLog: now)
            state.actions += actions.map { (block.hash, $0) }
        }
        signal.yield()
    }

    private func loadLeftovers() {
        do throws(FoundBlockSpool.Failure) {
            let contents = try spool.load()
            for problem in contents.damaged {
                logger.error("a found block on the disk cannot be read; it stays there for you to look at: \(problem)")
            }
            for block in contents.blocks {
                if state.withLock({ $0.entries[block.hash] == nil }) {
                    logger.notice("a found block of before is submitted again", metadata: block.metadata)
                }
                take(block)
            }
        } catch {
            logger.error("found blocks of before cannot be read: \(error)")
        }
    }

    private func know(_ jobmanagers: [BlockCampaign.Jobmanager]) {
        forEachCampaign { state in
            state.jobmanagers = jobmanagers
        } _: {
            $0.know(jobmanagers, at: $1)
        }
    }

    private func forEachCampaign(
        _ prepare: (inout State) -> Void = { _ in },
        _ body: (inout BlockCampaign, ContinuousClock.Instant) -> [BlockCampaign.Action]
    ) {
        let now = ContinuousClock.now
        let isBusy = state.withLock { state in
            prepare(&state)
            for hash in state.entries.keys {
                guard var entry = state.entries[hash] else { continue }
                let actions = body(&entry.campaign, now)
                state.entries[hash] = entry
                state.actions += actions.map { (hash, $0) }
            }
            return !state.actions.isEmpty
        }
        if isBusy { signal.yield() }
    }

    private func change(_ hash: String, _ body: (inout BlockCampaign) -> [BlockCampaign.Action]) {
        state.withLock { state in
            guard var entry = state.entries[hash] else { return }
            let actions = body(&entry.campaign)
            state.entries[hash] = entry
            state.actions += actions.map { (hash, $0) }
        }
        signal.yield()
    }

    /// Lets the campaigns know that time passes, until cancelled.
    private func keepTime() async {
        // The sleep throws when the task is cancelled, and nothing else.
        while (try? await Task.sleep(for: .milliseconds(50))) != nil {
            let now = ContinuousClock.now
            let isDue = state.withLock { state in
                state.entries.values.contains { entry in entry.campaign.nextTick.map { $0 <= now } ?? false }
            }
            if isDue { forEachCampaign { $0.tick(at: $1) } }
            logUndecided(now)
        }
    }

    private func logUndecided(_ now: ContinuousClock.Instant) {
        let overdue = state.withLock { state -> [(FoundBlock, [String: String])] in
            state.entries.values.filter { now - $0.lastLog >= Self.logInterval }.map { entry in
                state.entries[entry.block.hash]?.lastLog = now
                return (entry.block, entry.campaign.reasons)
            }
        }
        for (block, reasons) in overdue {
            var metadata = block.metadata
            for (who, words) in reasons { metadata[who] = "\(words)" }
            logger.warning(
                "a found block is still undecided\(reasons.isEmpty ? ": no jobmanager has been reached" : "")",
                metadata: metadata)
        }
    }

    // MARK: Actions

    private func takeActions() -> [(hash: String, action: BlockCampaign.Action)] {
        state.withLock { state in
            defer { state.actions = [] }
            return state.actions
        }
    }

    private func perform(
        _ action: BlockCampaign.Action, on hash: String, with jobmanagers: any Jobmanagers,
        in group: inout DiscardingTaskGroup
    ) {
        guard let block = state.withLock({ $0.entries[hash]?.block }) else { return }
        switch action {
        case .call(let instance, let sendsJob):
            group.addTask(name: "submit to \(instance)") {
                await self.call(instance, of: jobmanagers, block, sendsJob: sendsJob)
            }
        case .decided(let verdict):
            end(block, verdict)
        }
    }

    private func call(_ instance: String, of jobmanagers: any Jobmanagers, _ block: FoundBlock, sendsJob: Bool) async {
        do {
            let verdict = try await jobmanagers.submit(block, to: instance, job: sendsJob ? block.job : nil)
            logger.info(
                "\(instance) answered about the block: \(verdict.outcome.rawValue)", metadata: block.metadata)
            change(block.hash) { $0.answered(instance, verdict, at: .now, random: .random(in: 0..<1)) }
        } catch {
            guard !Task.isCancelled else { return }
            logger.info("\(instance) could not be given the block: \(error)", metadata: block.metadata)
            change(block.hash) { $0.failed(instance, "\(error)", at: .now, random: .random(in: 0..<1)) }
        }
    }

    private func end(_ block: FoundBlock, _ verdict: BlockVerdict) {
        var metadata = block.metadata
        for (who, words) in verdict.reasons { metadata[who] = "\(words)" }
        switch verdict.outcome {
        case .accepted: logger.notice("the found block is accepted", metadata: metadata)
        default: logger.error("the found block is \(verdict.outcome.rawValue)", metadata: metadata)
        }
        Counter(label: "pool_found_blocks_total", dimensions: [("outcome", verdict.outcome.rawValue)]).increment()
        do throws(FoundBlockSpool.Failure) {
            try spool.remove(block.hash)
        } catch {
            // It would only be submitted once more, at the next start.
            logger.warning("a decided block stays on the disk: \(error)", metadata: block.metadata)
        }
        let hasMore = state.withLock { state in
            state.entries[block.hash] = nil
            defer { state.hasMoreOnDisk = false }
            return state.hasMoreOnDisk
        }
        if hasMore { loadLeftovers() }
    }
}

extension FoundBlock {
    fileprivate var metadata: Logger.Metadata {
        ["block": "\(hash)", "height": "\(height)", "job": "\(job.id)", "worker": "\(worker)"]
    }
}
