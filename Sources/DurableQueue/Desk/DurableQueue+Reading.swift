public import FoundationEssentials
internal import Synchronization

/// Acknowledged entries of one origin that follow each other.
public struct QueuePage: Sendable {
    /// In the order of their sequences; those whose payload has left are left out.
    public let entries: [Entry]
    /// No acknowledged entry up to here will ever be in a later page.
    public let upTo: UInt64
}

// For those who read a queue in order and say how far they have come, in place of a handler.
//
// What the order rests on: an entry that may still be acknowledged is known to the queue from the moment its sequence is given out. The
// first one that waits to be stored, or for members, is the end of what may be read.
extension DurableQueue {
    /// How many entries are looked at while intakes wait for the lock.
    private static var slice: Int { 256 }

    /// The acknowledged entries of an origin behind a sequence, in order, completed ones that are still remembered included: reading them
    /// again is how a reader goes back.
    ///
    /// - Parameters:
    ///   - limit: the most entries that are looked at.
    ///   - bytes: the most payload bytes, unless the first entry alone has more.
    /// - Throws: what the store cannot read.
    public func entries(
        of origin: UUID, after sequence: UInt64, limit: Int, bytes: Int = 1 << 20
    ) async throws(DurableQueueError) -> QueuePage {
        guard sequence < .max else { return QueuePage(entries: [], upTo: sequence) }
        let stored = await store.entries(of: origin, from: sequence + 1, limit: limit)
        var found: [(header: EntryHeader, payload: [UInt8]?)] = []
        var upTo = sequence
        var room = bytes
        look(at: stored, after: sequence) { entry, item in
            guard let item else {
                upTo = entry.identity.sequence
                return true
            }
            guard found.isEmpty || item.header.payloadBytes <= room else { return false }
            room -= item.header.payloadBytes
            upTo = entry.identity.sequence
            if item.progress.hasPayload { found.append((item.header, item.payload)) }
            return true
        }
        return QueuePage(entries: try await read(found), upTo: upTo)
    }

    /// Says that every acknowledged entry of an origin up to a sequence was done by whoever read them. Said again, it lets go of those that
    /// were completed a window ago, where the queue forgets ``QueueConfiguration/Forgetting/onceConfirmed``.
    ///
    /// - Returns: how many were completed by this.
    public func complete(of origin: UUID, through sequence: UInt64) async -> Int {
        var count = 0
        var position = readers.completedThrough(origin)
        while position < sequence {
            let stored = await store.entries(of: origin, from: position + 1, limit: 4096)
            let (upTo, isEnd) = acknowledged(stored, after: position, through: sequence) { identities in
                perform { core in
                    let before = core.state.depth
                    defer { count += before - core.state.depth }
                    return core.state.complete(identities, now: self.clock.now)
                }
            }
            position = upTo
            readers.noteCompleted(origin, through: position)
            if isEnd || stored.isEmpty { break }
        }
        var isForgetting = true
        while isForgetting {
            perform { core in
                let actions = core.state.confirm(of: origin, through: sequence, now: self.clock.now)
                isForgetting = !actions.isEmpty
                return actions
            }
        }
        return count
    }

    /// How far a reader may come: up to here every sequence is acknowledged or will never be.
    public func acknowledgedThrough(of origin: UUID) async -> UInt64 {
        let (isIdle, highest) = core.withLock { ($0.state.depth == 0, $0.state.nextSequence - 1) }
        if isIdle, origin == store.origin {
            readers.noteAcknowledged(origin, through: highest)
            return highest
        }
        while true {
            let position = readers.acknowledgedThrough(origin)
            let stored = await store.entries(of: origin, from: position + 1, limit: 4096)
            let (upTo, isEnd) = acknowledged(stored, after: position, through: .max) { _ in }
            readers.noteAcknowledged(origin, through: upTo)
            if isEnd || stored.isEmpty { return upTo }
        }
    }

    /// Waits until something may be there to read that was not when ``changes`` was read.
    ///
    /// - Returns: whether that is so; not when the time is over or the task was cancelled.
    public func waitForChange(since changes: UInt64, within time: Duration) async -> Bool {
        await readers.wait(after: changes, within: time)
    }

    /// Counts what has happened, for ``waitForChange(since:within:)``.
    public var changes: UInt64 { readers.generation }

    /// Hands entries over in slices, up to the first that is not acknowledged or lies behind `sequence`.
    private func acknowledged(
        _ stored: [StoredEntry], after position: UInt64, through sequence: UInt64, take: ([EntryIdentity]) -> Void
    ) -> (upTo: UInt64, isEnd: Bool) {
        var taken: [EntryIdentity] = []
        var upTo = position
        let isEnd = !look(at: stored, after: position) { entry, item in
            guard entry.identity.sequence <= sequence else { return false }
            upTo = entry.identity.sequence
            if item != nil { taken.append(entry.identity) }
            return true
        }
        var rest = taken[...]
        while !rest.isEmpty {
            take(Array(rest.prefix(Self.slice)))
            rest = rest.dropFirst(Self.slice)
        }
        return (upTo, isEnd)
    }

    /// Shows `body` each entry as the queue knows it, nil for one that was withdrawn or forgotten, up to the first that is not acknowledged
    /// or at which `body` says no.
    ///
    /// - Returns: whether it came to the end.
    @discardableResult
    private func look(
        at stored: [StoredEntry], after position: UInt64, _ body: (StoredEntry, QueueState.Item?) -> Bool
    ) -> Bool {
        var rest = stored[...]
        var position = position
        while !rest.isEmpty {
            let slice = rest.prefix(Self.slice)
            let items = core.withLock { $0.state.readable(slice, after: position) }
            for (entry, item) in zip(slice, items) {
                guard body(entry, item) else { return false }
            }
            guard items.count == slice.count else { return false }
            position = slice.last?.identity.sequence ?? position
            rest = rest.dropFirst(Self.slice)
        }
        return true
    }

    private func read(
        _ found: [(header: EntryHeader, payload: [UInt8]?)]
    ) async throws(DurableQueueError) -> [Entry] {
        let missing = found.compactMap { $0.payload == nil ? $0.header.identity : nil }
        var payloads: [EntryIdentity: [UInt8]] = [:]
        if !missing.isEmpty {
            for entry in try await store.entries(missing) { payloads[entry.identity] = entry.payload }
        }
        return found.compactMap { header, payload in
            (payload ?? payloads[header.identity]).map { Entry(header: header, payload: $0) }
        }
    }
}
