public import FoundationEssentials
public import Mesh
internal import Synchronization

extension QueueDesk {
    /// Adds the desk's methods to those of a service.
    public func offer(on service: inout ServiceDefinition) {
        service.method("queues", "The queues of this instance: what they hold, who has copies, what they wait for.") {
            _ in
            await self.reports()
        }
        service.stream(
            "queueRead",
            "The acknowledged entries of an origin behind a sequence, in order, and then those that come. Reading does not complete them.",
            arguments: ["queue", "origin", "after"], of: QueueChunk.self
        ) { (_, writer, queue: String, origin: UUID, after: UInt64) in
            try await self.read(origin, of: queue, after: after) { try await writer.write($0) }
        }
        service.method(
            "queueComplete",
            "Completes every acknowledged entry of an origin up to a sequence; answers how many that were.",
            arguments: ["queue", "origin", "through"]
        ) { (_, queue: String, origin: UUID, through: UInt64) in
            try await self.complete(origin, of: queue, through: through)
        }
        service.method(
            "queueDead", "The dead letters of a queue, in order, at most as many as asked for.",
            arguments: ["queue", "limit?"]
        ) { (_, queue: String, limit: Int?) in
            try await self.dead(queue, limit: limit)
        }
        service.method(
            "queueRetry", "Tries dead letters again, all of them where none is named; answers which.",
            arguments: ["queue", "identities?"]
        ) { (_, queue: String, identities: [String]?) in
            try await self.retry(queue, identities)
        }
        service.method(
            "queueDrop", "Takes dead letters away for good; answers which.", arguments: ["queue", "identities"]
        ) { (_, queue: String, identities: [String]) in
            try await self.drop(queue, identities)
        }
        service.method(
            "queueExport", "A page of everything that a queue holds, with the payloads.",
            arguments: ["queue", "after?", "limit?"]
        ) { (_, queue: String, after: String?, limit: Int?) in
            try await self.export(queue, after: after, limit: limit)
        }
    }

    /// What each queue holds and does.
    public func reports() async -> [QueueReport] {
        var reports: [QueueReport] = []
        for served in all { reports.append(await report(of: served)) }
        return reports
    }

    /// Completes every acknowledged entry of an origin up to a sequence, in every queue here that has it.
    ///
    /// - Returns: how many were completed by this; where there are copies, by the queue that has most of them.
    /// - Throws: ``QueueDeskError``.
    public func complete(_ origin: UUID, of name: String, through sequence: UInt64) async throws -> Int {
        var count = 0
        for (queue, _) in try await serving(origin, of: name) {
            count = max(count, await queue.complete(of: origin, through: sequence))
        }
        return count
    }

    /// Hands the acknowledged entries of an origin to `write`, and then those that come, until the task is cancelled.
    ///
    /// - Throws: ``QueueDeskError`` when the origin is not served here, or not any more, and what `write` throws.
    public func read(
        _ origin: UUID, of name: String, after: UInt64, write: (QueueChunk) async throws -> Void
    ) async throws {
        var position = after
        var isBehind = true
        while !Task.isCancelled {
            guard isReadable.load(ordering: .relaxed) else {
                throw QueueDeskError(
                    QueueDeskError.unknownOrigin,
                    "this instance ends, and the entries of \(name) are read from it no more: what is left is read once it is back"
                )
            }
            let (queue, epoch) = try await serving(origin, of: name)[0]
            let changes = queue.changes
            let page: QueuePage
            do throws(DurableQueueError) {
                page = try await queue.entries(
                    of: origin, after: position, limit: options.chunkEntries, bytes: options.chunkBytes)
            } catch { throw QueueDeskError(error, of: name) }
            if page.upTo > position {
                let entries = page.entries.map {
                    QueueChunk.Item(
                        sequence: $0.identity.sequence, enqueuedMilliseconds: $0.header.enqueued.milliseconds,
                        payload: $0.payload)
                }
                try await write(QueueChunk(after: position, upTo: page.upTo, entries: entries, epoch: epoch))
                position = page.upTo
                isBehind = entries.count >= options.chunkEntries / 2
            } else if await queue.waitForChange(since: changes, within: options.heartbeat) {
                isBehind = false
            } else {
                try await write(QueueChunk(after: position, upTo: position, entries: [], epoch: epoch))
            }
            if !isBehind { try await Task.sleep(for: options.gatherFor) }
        }
    }

    private func report(of served: Served) async -> QueueReport {
        let queue = served.queue
        let (status, standing) = (queue.status, served.standing())
        let counts = queue.depths
        var origins: [QueueReport.Origin] = []
        for (origin, epoch) in standing.origins.sorted(by: { $0.key < $1.key }) {
            let acknowledged = await queue.acknowledgedThrough(of: origin)
            origins.append(
                QueueReport.Origin(
                    origin: origin, epoch: epoch,
                    oldestSequence: await queue.store.entries(of: origin, from: 0, limit: 1).first?.identity.sequence,
                    highestSequence: max(acknowledged, origin == queue.store.origin ? queue.highestSequence : 0),
                    acknowledgedThrough: acknowledged, depth: counts[origin] ?? 0))
        }
        return QueueReport(
            name: queue.configuration.name, store: queue.store.origin, origins: origins,
            mode: queue.modeInForce.words, depth: status.depth,
            maximumEntries: queue.configuration.maximumEntries,
            oldestMilliseconds: status.oldest.map { max(0, (queue.clock.now - $0).wholeMilliseconds) },
            inFlight: status.inFlight, dead: status.dead, diskBytes: status.store.diskBytes,
            liveBytes: status.store.liveBytes, diskBound: served.diskBound, replicas: standing.replicas,
            waitingFor: standing.waitingFor, promise: queue.promise,
            failure: status.store.failure?.description, refusal: status.refusal?.message)
    }
}

extension QueueDeskError {
    init(_ error: DurableQueueError, of queue: String) {
        self.init(Self.queueFailed, "the queue \(queue) failed: \(error.description)")
    }
}

extension DurableQueue {
    /// What an acknowledgement is worth, in words.
    fileprivate var promise: String {
        let here = store.promise.words
        return switch modeInForce {
        case .queueOnly: here
        case .replicated(let minimum):
            "at \(minimum) other members too before it is acknowledged: survives the loss of any \(minimum) of them; \(here)"
        case .replicationOnly: "at every member that is there before it is acknowledged; \(here)"
        }
    }
}

extension QueueConfiguration.Mode {
    /// As people are shown it.
    var words: String {
        switch self {
        case .queueOnly: "queueOnly"
        case .replicated(let minimum): "replicated(\(minimum))"
        case .replicationOnly: "replicationOnly"
        }
    }
}
