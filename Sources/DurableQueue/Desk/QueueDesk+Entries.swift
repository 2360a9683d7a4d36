internal import FoundationEssentials
internal import Synchronization

// What people look at and do: dead letters, everything.
extension QueueDesk {
    /// The dead letters of the queues of a name, in order.
    public func dead(_ name: String, limit: Int?) async throws -> [QueueEntry] {
        let limit = try page(limit)
        var letters: [QueueEntry] = []
        for served in try queues(name) where letters.count < limit {
            letters += try await entries(
                Array(served.queue.deadLetters.prefix(limit - letters.count)), of: served.queue)
        }
        return letters
    }

    /// Tries dead letters again, all where none is named.
    public func retry(_ name: String, _ texts: [String]?) async throws -> [String] {
        let identities = try texts.map { try self.identities($0) }
        return try await change(name) { queue throws(DurableQueueError) in
            try await queue.retry(identities ?? queue.deadLetters.map(\.identity))
        }
    }

    /// Takes dead letters away.
    public func drop(_ name: String, _ texts: [String]) async throws -> [String] {
        let identities = try identities(texts)
        return try await change(name) { queue throws(DurableQueueError) in try await queue.drop(identities) }
    }

    /// A page of everything that the queues of a name hold.
    public func export(_ name: String, after text: String?, limit: Int?) async throws -> QueueExport {
        let limit = try page(limit)
        let after = try text.map { try identities([$0])[0] }
        var page: [QueueEntry] = []
        let places = try queues(name).flatMap { served in
            served.standing().origins.keys.map { (queue: served.queue, origin: $0) }
        }
        for place in places.sorted(by: { $0.origin < $1.origin }) {
            if let after, place.origin < after.origin { continue }
            var position = after?.origin == place.origin ? after?.sequence ?? 0 : 0
            while page.count < limit {
                let stored = await place.queue.store.entries(
                    of: place.origin, from: position + 1, limit: limit - page.count)
                guard let last = stored.last else { break }
                page += try await entries(stored, of: place.queue)
                position = last.identity.sequence
            }
            if page.count >= limit { break }
        }
        return QueueExport(entries: page, next: page.count < limit ? nil : page.last?.identity)
    }

    private func change(
        _ name: String, _ body: (DurableQueue) async throws(DurableQueueError) -> [EntryIdentity]
    ) async throws -> [String] {
        var changed: [String] = []
        for served in try queues(name) {
            do throws(DurableQueueError) { changed += try await body(served.queue).map(\.text) } catch {
                throw QueueDeskError(error, of: name)
            }
        }
        return changed
    }

    private func entries(_ stored: [StoredEntry], of queue: DurableQueue) async throws -> [QueueEntry] {
        let read: [Entry]
        do throws(DurableQueueError) { read = try await queue.store.entries(stored.map(\.identity)) } catch {
            throw QueueDeskError(error, of: queue.configuration.name)
        }
        let payloads = Dictionary(uniqueKeysWithValues: read.map { ($0.identity, $0.payload) })
        return stored.map { QueueEntry($0, payload: payloads[$0.identity]) }
    }

    private func page(_ limit: Int?) throws -> Int {
        guard let limit else { return options.pageEntries }
        guard limit > 0 else {
            throw QueueDeskError(QueueDeskError.invalidArgument, "“limit” is \(limit): give at least 1")
        }
        return min(limit, options.pageEntries)
    }

    private func identities(_ texts: [String]) throws -> [EntryIdentity] {
        try texts.map { text in
            guard let identity = EntryIdentity(text: text) else {
                throw QueueDeskError(
                    QueueDeskError.invalidArgument,
                    "“\(text)” is no identity of an entry: give ORIGIN/SEQUENCE as queueDead answers it")
            }
            return identity
        }
    }
}

extension QueueEntry {
    fileprivate init(_ stored: StoredEntry, payload: [UInt8]?) {
        let (header, progress) = (stored.header, stored.progress)
        let status: String
        var error = progress.lastError
        var ended: Timestamp?
        switch progress.status {
        case .waiting: status = "waiting"
        case .running: status = "running"
        case .completed(let time): (status, ended) = ("completed", time)
        case .dead(let letter): (status, ended, error) = ("dead", letter.time, letter.error)
        }
        self.init(
            identity: header.identity.text, id: header.id.text, key: header.key,
            enqueuedMilliseconds: header.enqueued.milliseconds, status: status, runs: progress.runs,
            failures: progress.failures, crashes: progress.crashes, error: error,
            endedMilliseconds: ended?.milliseconds, payload: payload.map { Data($0).base64EncodedString() })
    }
}

extension DurableQueue {
    /// The highest sequence of its own that was ever given out.
    var highestSequence: UInt64 { core.withLock { $0.state.nextSequence - 1 } }

    /// How many entries of each origin are neither completed nor dead.
    var depths: [UUID: Int] { core.withLock { $0.state.depths } }
}
