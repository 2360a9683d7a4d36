internal import FoundationEssentials
internal import Logging
internal import Synchronization

extension DurableQueue {
    /// How exact retries, deadlines and the forgetting of ids are.
    static var tickInterval: Duration { .milliseconds(20) }

    /// Runs what is there and what comes, until its task is cancelled; what runs then is cancelled too and runs again later.
    ///
    /// - Parameter handler: gets batches. When it returns, all of a batch is completed; a ``BatchFailure`` names those that are not; any other
    ///   error counts as one of each. An entry that has failed or crashed before comes alone.
    /// - Throws: the failure of the store after which it takes nothing any more; at once where its entries are from another mode.
    public func run(_ handler: @escaping @Sendable ([Delivery]) async throws -> Void) async throws(DurableQueueError) {
        try await work(handler)
        // What was released or completed last.
        try await store.flush()
    }

    /// Keeps time for a queue whose entries are read and completed by others, until its task is cancelled.
    public func run() async throws(DurableQueueError) {
        try await work(nil)
        try await store.flush()
    }

    private func work(_ handler: (@Sendable ([Delivery]) async throws -> Void)?) async throws(DurableQueueError) {
        if let refusal { throw refusal }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepTime() }
            for await _ in bell.rings() {
                if let failure = store.status.failure {
                    // Nobody looks at deadlines from here on.
                    endIntakes(failure)
                    break
                }
                guard let handler else { continue }
                while !Task.isCancelled, let (batch, epoch) = takeBatch() {
                    group.addTask { await self.run(batch, epoch, handler) }
                }
            }
            group.cancelAll()
        }
    }

    private func keepTime() async {
        var lastFlush = clock.now
        while (try? await Task.sleep(for: Self.tickInterval)) != nil {
            let now = clock.now
            let isFlushDue = now - lastFlush >= configuration.flushInterval
            if isFlushDue { lastFlush = now }
            perform { core in
                var actions = expireIntakes(&core, now: now)
                if core.state.nextDue.map({ $0 <= now }) == true { actions += core.state.tick(now: now) }
                if isFlushDue { actions += flush(&core) }
                return actions
            }
            if store.status.failure != nil { bell.ring() }
        }
    }

    /// What was completed has to come to the disk at some time, also when nothing is taken in; and what found no space is tried again.
    private func flush(_ core: inout Core) -> [QueueState.Action] {
        guard core.unflushed || !core.owed.isEmpty else { return [] }
        core.unflushed = false
        defer { core.owed = [] }
        return [.store(core.owed, until: .synced, intake: nil)]
    }

    private func takeBatch() -> (batch: Batch, epoch: TakeoverEpoch?)? {
        core.withLock { core in
            let runnable = core.group?.runnable(now: clock.now)
            guard let batch = core.state.nextBatch(of: runnable) else { return nil }
            return (batch, core.group?.replica[batch.origin]?.epoch)
        }
    }

    /// Writes that a batch is begun, before its handler is, so that a crash of the process is counted.
    private func noteRun(of batch: Batch) async throws(DurableQueueError) {
        let failure = await withCheckedContinuation { continuation in
            core.withLock { core in
                // Under the lock like all records, so that none about these entries comes in between.
                store.submit([core.state.runRecord(of: batch)], until: .written) { continuation.resume(returning: $0) }
            }
        }
        if let failure { throw failure }
    }

    private func run(
        _ batch: Batch, _ epoch: TakeoverEpoch?, _ handler: @escaping @Sendable ([Delivery]) async throws -> Void
    ) async {
        let deliveries: [Delivery]
        do throws(DurableQueueError) {
            try await noteRun(of: batch)
            deliveries = try await self.deliveries(of: batch, epoch)
        } catch {
            return await giveBack(batch, after: error)
        }
        var failures = missing(from: deliveries, of: batch)
        do {
            if !deliveries.isEmpty { try await handle(deliveries, of: batch.origin, handler) }
        } catch is OwnershipLost {
            return perform { core in core.state.released(batch) }
        } catch let failure as BatchFailure {
            failures.merge(failure.errors) { first, _ in first }
        } catch {
            guard !Task.isCancelled else { return perform { core in core.state.released(batch) } }
            for delivery in deliveries { failures[delivery.identity] = "\(error)" }
        }
        perform { core in core.state.finished(batch, failures: failures, now: clock.now) }
    }

    /// Another member may run the entries by now.
    private struct OwnershipLost: Error {}

    /// Nil where there is nobody else.
    private func beginRun(of origin: UUID) -> (number: UInt64, revocation: AsyncStream<Void>)? {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        return core.withLock { core in
            guard core.group != nil else { return nil }
            core.lastRun += 1
            core.runs[core.lastRun] = Run(origin: origin, revocation: continuation)
            return (core.lastRun, stream)
        }
    }

    /// Runs the handler, and cancels it when its time is over, or its ownership.
    private func handle(
        _ deliveries: [Delivery], of origin: UUID,
        _ handler: @escaping @Sendable ([Delivery]) async throws -> Void
    ) async throws {
        let limit = configuration.runWithin
        let run = beginRun(of: origin)
        defer { if let run { core.withLock { $0.runs[run.number] = nil } } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await handler(deliveries) }
            if let run {
                group.addTask {
                    for await _ in run.revocation { throw OwnershipLost() }
                    // Nothing but the cancellation of this task ends them.
                    throw CancellationError()
                }
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw DurableQueueError(
                    .timeout, "the batch was cancelled after \(limit): make it smaller, or raise the limit")
            }
            try await group.next()
        }
    }

    private func missing(from deliveries: [Delivery], of batch: Batch) -> [EntryIdentity: String] {
        guard deliveries.count < batch.members.count else { return [:] }
        let missing = Set(batch.identities).subtracting(deliveries.map(\.identity))
        return Dictionary(
            uniqueKeysWithValues: missing.map {
                ($0, "the payload of \($0) is not in the store: see its log for what was lost")
            })
    }

    /// The store failed, not the handler: nothing is counted, and the disk is given a moment.
    private func giveBack(_ batch: Batch, after error: DurableQueueError) async {
        logger.error(
            "A batch could not be begun", metadata: ["queue": "\(configuration.name)", "error": "\(error)"])
        try? await Task.sleep(for: configuration.retryDelay)
        perform { core in core.state.released(batch) }
    }

    private func deliveries(
        of batch: Batch, _ epoch: TakeoverEpoch?
    ) async throws(DurableQueueError) -> [Delivery] {
        let missing = batch.members.filter { $0.payload == nil }.map(\.header.identity)
        var payloads: [EntryIdentity: [UInt8]] = [:]
        if !missing.isEmpty {
            for entry in try await store.entries(missing) { payloads[entry.identity] = entry.payload }
        }
        return batch.members.compactMap { member in
            (member.payload ?? payloads[member.header.identity]).map {
                Delivery(header: member.header, payload: $0, run: member.run, epoch: epoch)
            }
        }
    }
}

// What people do about dead letters.
extension DurableQueue {
    /// The entries that were given up, in order, each with its error.
    public var deadLetters: [StoredEntry] { core.withLock { $0.state.deadLetters } }

    /// Tries dead letters anew; returns those that were dead, once that is on the disk.
    public func retry(_ identities: [EntryIdentity]) async throws(DurableQueueError) -> [EntryIdentity] {
        var revived: [EntryIdentity] = []
        perform { core in
            let (found, actions) = core.state.revive(identities)
            revived = found
            return actions
        }
        try await store.flush()
        return revived
    }

    /// Takes dead letters away for good; returns those that were dead, once that is on the disk.
    public func drop(_ identities: [EntryIdentity]) async throws(DurableQueueError) -> [EntryIdentity] {
        var dropped: [EntryIdentity] = []
        perform { core in
            let (found, actions) = core.state.drop(identities)
            dropped = found
            return actions
        }
        try await store.flush()
        return dropped
    }
}
