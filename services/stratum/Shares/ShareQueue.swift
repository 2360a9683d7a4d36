internal import DurableQueue
internal import FoundationEssentials
internal import Logging
internal import Mesh
internal import Mining
internal import ServiceKit
internal import ServiceLifecycle
internal import Synchronization

/// The accepted shares on this server's disk, until they are counted.
///
/// Each is put into a durable queue under its hash before its miner is answered; all that come together share one forcing to the disk.
/// Reporters read the queue through the mesh, count what is in it, and complete it.
final class ShareQueue: ShareSink, Service {
    /// The queue's name in the mesh.
    static let name = "shares"

    private struct Intake: Sendable {
        let share: PoolShare
        let done: @Sendable (ShareOutcome) -> Void
    }

    /// What the mesh is offered.
    let desk: QueueDesk
    let queue: DurableQueue
    private let options: ShareQueueOptions
    private let readiness: Readiness
    private let logger: Logger
    private let intakes: (stream: AsyncStream<Intake>, continuation: AsyncStream<Intake>.Continuation)
    private let undecided = Atomic<Int>(0)
    private let complaints = Complaints()
    private let refusals = Mutex(LateRefusals())
    private let adopted: AdoptedQueues
    /// Nil where no other server holds what is in the queue.
    private let group: QueueGroup?

    private static let condition = "shares"

    /// Opens this instance's queue, making it where there is none. Reads all that is in it, so it blocks for a while.
    ///
    /// - Throws: `DurableQueueError` when the folder is held by another process, or is damaged.
    init(
        _ options: ShareQueueOptions, desk: QueueDesk = QueueDesk(), readiness: Readiness, logger: Logger
    ) async throws(DurableQueueError) {
        self.options = options
        self.desk = desk
        self.readiness = readiness
        self.logger = logger
        let (own, left) = try await Self.open(options)
        let store = own.store
        let group: QueueGroup? =
            options.isReplicated
            ? QueueGroup(
                store: store, service: StratumConfiguration.service, configuration: options.configuration,
                replication: options.replication, logger: logger) : nil
        self.group = group
        if let group {
            queue = group.queue
            desk.add(queue, diskBound: options.log.maximumDiskBytes) { group.standing }
        } else {
            queue = DurableQueue(store: store, configuration: options.configuration, logger: logger)
            desk.add(queue, diskBound: options.log.maximumDiskBytes)
        }
        adopted = AdoptedQueues(options, besides: own.name, left: left, desk: desk, logger: logger) {
            Set((group?.status?.groups ?? []).flatMap(\.members))
        }
        intakes = AsyncStream.makeStream()
        logger.info(
            "the queue of shares is open",
            metadata: ["folder": "\(store.folder)", "shares": "\(queue.status.depth)"])
    }

    /// Opens the folder of the instance, or one beside it while a sibling has adopted that.
    ///
    /// Without replicas nothing is put to what once was replicated: other servers have a part in it, and would know nothing of what came
    /// since when they take part again. Such folders are handed on.
    private static func open(
        _ options: ShareQueueOptions
    ) async throws(DurableQueueError) -> (own: ShareFolder, left: [ShareFolder]) {
        var left: [ShareFolder] = []
        for number in 1...foldersOfInstance {
            let name = number == 1 ? options.instance : "\(options.instance).\(number)"
            do throws(DurableQueueError) {
                let folder = ShareFolder(name: name, store: try await open(name, options))
                if options.isReplicated || !folder.isReplicated { return (folder, left) }
                left.append(folder)
            } catch {
                guard error.code == .locked, number < foldersOfInstance else { throw error }
            }
        }
        throw DurableQueueError(
            .locked,
            "all \(foldersOfInstance) folders of \(options.instance) in \(options.root) are being emptied: see whether a reporter runs, or "
                + "give the instance another name")
    }

    private static let foldersOfInstance = 8

    private static func open(
        _ name: String, _ options: ShareQueueOptions
    ) async throws(DurableQueueError) -> SegmentLogStore {
        let end = ContinuousClock.now + options.lockWithin
        while true {
            do throws(DurableQueueError) { return try options.folders.open(name) } catch {
                // Cancelled, there is no time left to wait.
                guard error.code == .locked, .now < end, (try? await Task.sleep(for: .milliseconds(20))) != nil else {
                    throw error
                }
            }
        }
    }

    var pending: Int { undecided.load(ordering: .acquiring) }

    var failure: String? { queue.status.store.failure?.message }

    func record(_ share: PoolShare, done: @escaping @Sendable (ShareOutcome) -> Void) {
        guard undecided.add(1, ordering: .acquiringAndReleasing).newValue <= options.pendingLimit else {
            return decide(.refused("too many shares wait to be written; submit it again later"), done)
        }
        guard case .enqueued = intakes.continuation.yield(Intake(share: share, done: done)) else {
            return decide(.refused("the server is shutting down; connect again"), done)
        }
    }

    /// Records until graceful shutdown, then forces everything to the disk and closes the queue.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask(name: "queue of shares") { await self.keep() }
                group.addTask(name: "intakes of shares") { await self.takeIn() }
                group.addTask(name: "gauges of queues") { await self.desk.run() }
                group.addTask(name: "adopted queues") { await self.adopted.run() }
                group.addTask(name: "readiness of shares") { await self.showReadiness() }
            }
        }
        intakes.continuation.finish()
        // Those that came since the intakes ended; nobody is left to answer them otherwise.
        for await intake in intakes.stream {
            decide(.refused("the server is shutting down; connect again"), intake.done)
        }
        await queue.close()
    }

    /// Adds what other servers and those who count call to the methods of a service.
    func offer(on service: inout ServiceDefinition) {
        desk.offer(on: &service)
        group?.offer(on: &service)
    }

    /// Has other servers hold what is in the queue, and holds what is in theirs, until its task is cancelled.
    func replicate(on node: MeshNode) async {
        if let group { return await group.run(on: node) }
        // With nobody to hold it there is nothing to do, and a service that returns would end the process. Cancelled, the wait throws.
        try? await gracefulShutdown()
    }

    /// Lets those who count read what came last, for a moment, and then no more: at the end of the process their streams have to end.
    func letReadersFinish(within time: Duration) async {
        let end = ContinuousClock.now + time
        while queue.status.depth > 0, ContinuousClock.now < end {
            // Cancelled, there is no time left to wait.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { break }
        }
        desk.stopReading()
    }

    /// Ends when the store fails; the server stays, since found blocks and what is on the disk still have to be handed on.
    private func keep() async {
        do throws(DurableQueueError) { try await queue.run() } catch {
            logger.error("the queue of shares takes nothing any more: \(error)")
        }
    }

    private func takeIn() async {
        await withDiscardingTaskGroup { group in
            for await intake in intakes.stream {
                group.addTask { await self.take(intake) }
            }
        }
    }

    private func take(_ intake: Intake) async {
        let (share, done) = (intake.share, intake.done)
        do throws(DurableQueueError) {
            let receipt = try await queue.enqueue(id: EntryID(Hex.encode(share.hash)), payload: share.bytes)
            refusals.withLock { $0.noteRecorded() }
            decide(receipt.isKnown ? .recordedBefore : .recorded, done)
        } catch {
            refusals.withLock { $0.note(error, now: .now) }
            complaints.complain(now: .now) { alike in
                logger.error(
                    "accepted shares are not recorded, their miners are told so\(alike): \(error)",
                    metadata: ["queue": "\(Self.name)"])
            }
            decide(.refused(error.wordsForMiners), done)
        }
    }

    private func decide(_ outcome: ShareOutcome, _ done: @Sendable (ShareOutcome) -> Void) {
        done(outcome)
        undecided.subtract(1, ordering: .acquiringAndReleasing)
    }

    /// Whether enough other servers follow to have shares acknowledged.
    private func isHeldEnough(_ group: QueueGroup) -> Bool {
        guard let own = group.status?.groups.first(where: { $0.origin == queue.store.origin }) else { return false }
        return own.isOwnedHere && own.lags.count >= own.replicas
    }

    /// Says whether the queue takes shares, as far as can be told without giving it one, and by what became of the last.
    private func showReadiness() async {
        var shown: String?
        repeat {
            let reason = hindrance
            if let reason {
                readiness.set(Self.condition, notReady: reason)
            } else {
                readiness.setReady(Self.condition)
            }
            if let reason, shown == nil {
                logger.warning("shares are not recorded", metadata: ["reason": "\(reason)"])
            } else if reason == nil, shown != nil {
                logger.notice("shares are recorded again")
            }
            shown = reason
            // The sleep throws when the task is cancelled, and nothing else.
        } while (try? await Task.sleep(for: .milliseconds(500))) != nil
    }

    /// Why shares are not recorded now; nil while they are.
    private var hindrance: String? {
        let status = queue.status
        if let failure = status.store.failure { return "no share can be recorded: \(failure.message)" }
        if let refusal = status.refusal, refusal.code == .full {
            return
                "the queue of shares is full: see whether a reporter runs, or raise --share-bound or --share-disk: \(refusal.message)"
        }
        if let group, !isHeldEnough(group) {
            let reasons = group.standing.waitingFor
            return "no share can be recorded: the queue waits "
                + (reasons.isEmpty ? "for its group to form" : reasons.joined(separator: "; "))
        }
        return refusals.withLock { $0.hindrance(now: .now) }
    }
}

/// What became of the last shares: of a disk that is full or hangs, nothing else tells.
private struct LateRefusals: Sendable {
    /// How long after the last refusal shares are taken to be refused still; afterwards one has to come to show it.
    private static let memory = Duration.seconds(10)

    private var last: (error: DurableQueueError, time: ContinuousClock.Instant)?

    mutating func note(_ error: DurableQueueError, now: ContinuousClock.Instant) {
        // The queue itself says when there is room again.
        if error.code != .full { last = (error, now) }
    }

    mutating func noteRecorded() { last = nil }

    func hindrance(now: ContinuousClock.Instant) -> String? {
        guard let last, now - last.time < Self.memory else { return nil }
        return "the last share was refused: \(last.error.message)"
    }
}

extension DurableQueueError {
    /// What a miner is told; the rest is for the log.
    fileprivate var wordsForMiners: String {
        switch code {
        case .full: "the pool's queue is full; submit it again later"
        case .diskFull: "the pool's disk is full; submit it again later"
        case .readOnly: "the pool's disk cannot be written; submit it again later"
        case .withdrawn, .notReplicated: "no other server confirmed it in time; submit it again later"
        case .notOwner: "the pool's servers are not connected; submit it again later"
        case .timeout: "the pool's disk did not answer in time; submit it again later"
        case .closed, .cancelled: "the server is shutting down; connect again"
        default: "the pool's disk failed; connect again elsewhere"
        }
    }
}
