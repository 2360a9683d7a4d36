internal import Logging
internal import Mesh
internal import Metrics
internal import Mining
internal import Synchronization

/// Keeps found blocks on disk, and submits each to every jobmanager until it is decided.
///
/// A block is submitted at once, and written to the disk meanwhile: who found it goes on when it is there. Where the disk does not take it,
/// that is logged as an error, and the block stays in memory until it is decided. What an earlier life of the process left on the disk is
/// submitted at the start.
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
        var disk = SpoolState()
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
    ///   - memoryLimit: The most undecided blocks in memory; more stay on the disk until there is room. Those that the disk does not
    ///     take stay in memory, up to 16 times as many.
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

    /// Takes a block to be submitted at once, then to the disk. It waits for the disk and for nothing else.
    func found(_ block: FoundBlock) {
        // Before it is submitted, so that a quick decision does not look for a file that comes after it.
        let isWriter = state.withLock { $0.disk.begin(block.hash) }
        let isTaken = take(block, limit: memoryLimit)
        heard(block)
        guard isWriter else { return }
        let isKept = write(block)
        let isUnwanted = state.withLock { $0.disk.ended(block.hash, isKept: isKept) }
        if isUnwanted { remove(block) }
        if !isTaken { makeRoom(for: block, isKept: isKept) }
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
        reportLeft()
    }

    // MARK: Events

    /// Begins to submit a block, unless it is at work already.
    ///
    /// - Returns: Whether it is at work; not when there are `limit` others.
    private func take(_ block: FoundBlock, limit: Int) -> Bool {
        let now = ContinuousClock.now
        let isTaken = state.withLock { state in
            guard state.entries[block.hash] == nil else { return true }
            guard state.entries.count < limit else {
                state.hasMoreOnDisk = true
                return false
            }
            var campaign = BlockCampaign(hash: block.hash, at: now)
            let actions = campaign.know(state.jobmanagers, at: now)
            state.entries[block.hash] = Entry(block: block, campaign: campaign, lastLog: now)
            state.actions += actions.map { (block.hash, $0) }
            return true
        }
        if isTaken { signal.yield() }
        return isTaken
    }

    /// What becomes of a block that there was no room for: on the disk it waits; otherwise memory is all that has it.
    private func makeRoom(for block: FoundBlock, isKept: Bool) {
        if take(block, limit: isKept ? memoryLimit : memoryLimit * 16) { return }
        if isKept {
            state.withLock { $0.disk.leave(block.hash) }
            logger.error("\(memoryLimit) blocks are undecided: the block waits on the disk", metadata: block.metadata)
        } else {
            logger.critical(
                "the block is lost: \(memoryLimit * 16) others are undecided, and the disk does not take it",
                metadata: block.metadata)
        }
    }

    /// Says what is still undecided when it ends.
    private func reportLeft() {
        let (left, missing) = state.withLock { ($0.entries.keys.sorted(), $0.disk.missing) }
        func listed(_ hashes: [String]) -> Logger.Metadata { ["blocks": "\(hashes.prefix(64).joined(separator: " "))"] }
        if !left.isEmpty {
            logger.warning(
                "\(left.count) found blocks are undecided at the end: they stay in \(spool.path), and the next start submits them",
                metadata: listed(left))
        }
        if !missing.isEmpty {
            logger.critical(
                "\(missing.count) of them are lost: the disk did not take them", metadata: listed(missing))
        }
    }

    private func loadLeftovers() {
        do throws(FoundBlockSpool.Failure) {
            let contents = try spool.load()
            for problem in contents.damaged {
                logger.error("a found block on the disk cannot be read; it stays there for you to look at: \(problem)")
            }
            for block in contents.blocks {
                let isNew = state.withLock { state in
                    guard !state.disk.isUnwanted(block.hash) else { return false }
                    state.disk.found(block.hash)
                    return state.entries[block.hash] == nil
                }
                guard isNew, take(block, limit: memoryLimit) else { continue }
                logger.notice("a found block of before is submitted again", metadata: block.metadata)
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
        if state.withLock({ $0.disk.decided(block.hash) }) { remove(block) }
        let hasMore = state.withLock { state in
            state.entries[block.hash] = nil
            defer { state.hasMoreOnDisk = false }
            return state.hasMoreOnDisk
        }
        if hasMore { loadLeftovers() }
    }

    // MARK: The disk

    /// Writes a block; returns whether it is on the disk.
    private func write(_ block: FoundBlock) -> Bool {
        do throws(FoundBlockSpool.Failure) {
            try spool.write(block)
            return true
        } catch {
            Counter(label: "pool_spool_failures_total").increment()
            logger.error(
                "the block is not on the disk and is submitted from memory; it would be lost with this process: \(error)",
                metadata: block.metadata)
            return false
        }
    }

    private func remove(_ block: FoundBlock) {
        do throws(FoundBlockSpool.Failure) {
            try spool.remove(block.hash)
        } catch {
            // It would only be submitted once more, at the next start.
            logger.warning("a decided block stays on the disk: \(error)", metadata: block.metadata)
        }
    }
}

extension FoundBlock {
    fileprivate var metadata: Logger.Metadata {
        ["block": "\(hash)", "height": "\(height)", "job": "\(job.id)", "worker": "\(worker)"]
    }
}
