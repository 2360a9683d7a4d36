internal import CoinDaemon
internal import Logging
internal import Metrics
internal import Mining
internal import Synchronization

/// Hands found blocks in to every daemon at once, and says what came of it.
///
/// The same block handed in again, at the same time or later, is one block: the second caller waits for the first one's outcome, and
/// what was accepted or rejected is remembered. A caller is answered as soon as one daemon has accepted the block; the others get it all the same.
final class BlockDesk: Sendable {
    private typealias Waiter = CheckedContinuation<BlockVerdict, Never>

    private struct State {
        /// Who waits for each block at work, by the caller's number.
        var atWork: [String: [Int: Waiter]] = [:]
        var settled = SettledBlocks()
        var nextWaiter = 0
        var isOpen = true
    }

    private let daemons: [CoinDaemonClient]
    private let deadline: Duration
    private let chronicle: BlockChronicle
    private let logger: Logger
    private let state = Mutex(State())
    private let queue: AsyncStream<AssembledBlock>
    private let intake: AsyncStream<AssembledBlock>.Continuation

    /// The most blocks that are handed in at the same time.
    static let limit = 64

    /// - Parameters:
    ///   - deadline: How long the daemons may take until it is clear what became of a block.
    ///   - chronicle: Gets every outcome.
    init(_ daemons: [CoinDaemonClient], deadline: Duration, chronicle: BlockChronicle, logger: Logger) {
        self.daemons = daemons
        self.deadline = deadline
        self.chronicle = chronicle
        self.logger = logger
        (queue, intake) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.limit))
    }

    /// Hands blocks in until the task is cancelled. To be called once.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await block in queue {
                group.addTask(name: "block \(block.hash)") { await self.handIn(block) }
            }
            group.cancelAll()
        }
        let left = state.withLock { state in
            state.isOpen = false
            defer { state.atWork = [:] }
            return state.atWork.flatMap { hash, waiters in waiters.values.map { (hash, $0) } }
        }
        for (hash, waiter) in left {
            waiter.resume(returning: Self.undecided(hash, "this jobmanager is shutting down"))
        }
    }

    /// What becomes of the block, as soon as that is clear; `undecided` when it is not at the deadline or the caller's cancellation.
    func submit(_ block: AssembledBlock) async -> BlockVerdict {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                if let answer = enlist(block, number, waiter) { waiter.resume(returning: answer) }
                // Cancelled before it was listed, the cancellation found nobody.
                if Task.isCancelled { giveUp(block.hash, number) }
            }
        } onCancel: {
            giveUp(block.hash, number)
        }
    }

    /// The answer where there is one already; otherwise the caller waits.
    private func enlist(_ block: AssembledBlock, _ number: Int, _ waiter: Waiter) -> BlockVerdict? {
        state.withLock { state in
            guard state.isOpen else { return Self.undecided(block.hash, "this jobmanager is shutting down") }
            if let verdict = state.settled[block.hash] { return verdict }
            if state.atWork[block.hash] == nil {
                guard state.atWork.count < Self.limit else {
                    return Self.undecided(block.hash, "\(Self.limit) other blocks are being handed in; ask again")
                }
                state.atWork[block.hash] = [:]
                intake.yield(block)
            }
            state.atWork[block.hash]?[number] = waiter
            return nil
        }
    }

    private func giveUp(_ hash: String, _ number: Int) {
        let waiter = state.withLock { $0.atWork[hash]?.removeValue(forKey: number) }
        waiter?.resume(returning: Self.undecided(hash, "the caller gave up"))
    }

    private func handIn(_ block: AssembledBlock) async {
        logger.notice("handing in a block", metadata: block.metadata)
        var verdicts = DaemonVerdicts(hash: block.hash, daemons: daemons.map(\.endpoint.description))
        await withTaskGroup(of: (String, DaemonVerdict).self) { group in
            for daemon in daemons {
                group.addTask(name: "submit to \(daemon.endpoint)") {
                    let verdict = await daemon.handIn(block.bytes, hash: block.hash, within: self.deadline)
                    return (daemon.endpoint.description, verdict)
                }
            }
            for await (daemon, verdict) in group {
                let before = verdicts.outcome
                verdicts.set(verdict, by: daemon)
                if verdicts.outcome == .accepted, before != .accepted {
                    settle(block, verdicts.combined, isLast: false)
                }
            }
        }
        settle(block, verdicts.combined, isLast: true)
    }

    /// Tells whoever waits, and remembers what cannot change. An accepted block stays at work until the last daemon has it.
    private func settle(_ block: AssembledBlock, _ verdict: BlockVerdict, isLast: Bool) {
        let (waiters, isFirst) = state.withLock { state in
            let isFirst = state.settled[block.hash] == nil
            state.settled.add(verdict)
            let waiters = state.atWork[block.hash].map { Array($0.values) } ?? []
            state.atWork[block.hash] = isLast ? nil : [:]
            return (waiters, isFirst)
        }
        for waiter in waiters { waiter.resume(returning: verdict) }
        if isFirst {
            log(block, verdict)
            Counter(label: "pool_blocks_total", dimensions: [("outcome", verdict.outcome.rawValue)]).increment()
        }
        chronicle.add(BlockOutcome(block, verdict))
    }

    private func log(_ block: AssembledBlock, _ verdict: BlockVerdict) {
        var metadata = block.metadata
        for (daemon, words) in verdict.reasons { metadata[daemon] = "\(words)" }
        switch verdict.outcome {
        case .accepted: logger.notice("the block is accepted", metadata: metadata)
        case .orphaned: logger.warning("the block is orphaned: the daemons prefer another chain", metadata: metadata)
        case .rejected: logger.error("the block is rejected by every daemon", metadata: metadata)
        case .undecided, .unknownJob:
            logger.warning("the block is undecided: not every daemon has answered for good", metadata: metadata)
        }
    }

    private static func undecided(_ hash: String, _ words: String) -> BlockVerdict {
        BlockVerdict(hash: hash, outcome: .undecided, reasons: ["jobmanager": words])
    }
}

extension AssembledBlock {
    fileprivate var metadata: Logger.Metadata {
        ["block": "\(hash)", "height": "\(job.template.height)", "job": "\(job.id)"]
    }
}

/// The newest blocks whose outcome is accepted or rejected, which stays so. A value.
struct SettledBlocks: Sendable {
    private var verdicts: [String: BlockVerdict] = [:]
    private var order: [String] = []

    /// The most blocks that are remembered.
    static let limit = 256

    /// The outcome of a block; nil where it is not known for good.
    subscript(hash: String) -> BlockVerdict? { verdicts[hash] }

    /// Remembers an outcome, if it is one that stays.
    mutating func add(_ verdict: BlockVerdict) {
        guard verdict.outcome == .accepted || verdict.outcome == .rejected else { return }
        if verdicts.updateValue(verdict, forKey: verdict.hash) == nil { order.append(verdict.hash) }
        while order.count > Self.limit { verdicts[order.removeFirst()] = nil }
    }
}
