internal import DequeModule
internal import HeapModule

/// Who waits for the acknowledgement of which entry, and who waits for room. Answers are collected and given outside the lock.
struct Intakes: Sendable {
    struct Waiter: Sendable {
        let ticket: UInt64
        let continuation: CheckedContinuation<Result<Receipt, DurableQueueError>, Never>
    }

    struct Request: Sendable {
        let waiter: Waiter
        let id: EntryID?
        let key: String?
        let payload: [UInt8]
        let deadline: Timestamp
    }

    typealias Answer = (waiter: Waiter, result: Result<Receipt, DurableQueueError>)

    private struct Waiting: Sendable {
        let waiter: Waiter
        let identity: EntryIdentity
        let isKnown: Bool
    }

    private struct Deadline: Comparable, Sendable {
        let time: Timestamp
        let ticket: UInt64

        static func < (left: Deadline, right: Deadline) -> Bool {
            (left.time, left.ticket) < (right.time, right.ticket)
        }
    }

    private var lastTicket: UInt64 = 0
    private var waiting: [UInt64: Waiting] = [:]
    private var byEntry: [EntryIdentity: UInt64] = [:]
    /// Further ones that wait for an entry, of which there are few.
    private var others: [EntryIdentity: [UInt64]] = [:]
    private var queued: Deque<Request> = []
    /// Not in the order of their coming, since some have waited for room before.
    private var deadlines = Heap<Deadline>()
    private var cancelledEarly: Set<UInt64> = []
    private var unregistered: Set<UInt64> = []
    private var answers: [Answer] = []

    mutating func nextTicket() -> UInt64 {
        lastTicket += 1
        unregistered.insert(lastTicket)
        return lastTicket
    }

    mutating func takeAnswers() -> [Answer] {
        guard !answers.isEmpty else { return [] }
        defer { answers = [] }
        return answers
    }

    mutating func answer(_ waiter: Waiter, _ result: Result<Receipt, DurableQueueError>) {
        unregistered.remove(waiter.ticket)
        answers.append((waiter, result))
    }

    mutating func `await`(_ identity: EntryIdentity, _ request: Request, isKnown: Bool) {
        let ticket = request.waiter.ticket
        unregistered.remove(ticket)
        waiting[ticket] = Waiting(waiter: request.waiter, identity: identity, isKnown: isKnown)
        if byEntry[identity] == nil { byEntry[identity] = ticket } else { others[identity, default: []].append(ticket) }
        deadlines.insert(Deadline(time: request.deadline, ticket: ticket))
        while let first = deadlines.min, waiting[first.ticket] == nil { deadlines.removeMin() }
    }

    mutating func acknowledge(_ identity: EntryIdentity) {
        for waiting in take(identity) {
            answers.append((waiting.waiter, .success(Receipt(identity: identity, isKnown: waiting.isKnown))))
        }
    }

    mutating func fail(_ identity: EntryIdentity, _ error: DurableQueueError) {
        for waiting in take(identity) { answers.append((waiting.waiter, .failure(error))) }
    }

    private mutating func take(_ identity: EntryIdentity) -> [Waiting] {
        let first = byEntry.removeValue(forKey: identity).flatMap { waiting.removeValue(forKey: $0) }
        let more = others.isEmpty ? [] : others.removeValue(forKey: identity) ?? []
        return (first.map { [$0] } ?? []) + more.compactMap { waiting.removeValue(forKey: $0) }
    }

    private mutating func forget(_ ticket: UInt64, of identity: EntryIdentity) {
        if byEntry[identity] == ticket { byEntry[identity] = nil } else { others[identity]?.removeAll { $0 == ticket } }
    }

    // MARK: Waiting for room

    var queuedCount: Int { queued.count }

    /// False when too many wait already.
    mutating func queue(_ request: Request, most: Int) -> Bool {
        guard queued.count < most else { return false }
        unregistered.remove(request.waiter.ticket)
        queued.append(request)
        return true
    }

    mutating func takeQueued() -> Request? { queued.popFirst() }

    mutating func moveLastToFront() {
        if let last = queued.popLast() { queued.prepend(last) }
    }

    mutating func refuseAll(_ error: DurableQueueError) -> [QueueState.Action] {
        while let request = queued.popFirst() { answers.append((request.waiter, .failure(error))) }
        return []
    }

    // MARK: Giving up

    /// Answers all who wait, for whatever.
    mutating func failAll(_ error: DurableQueueError) {
        for ticket in waiting.keys.sorted() {
            if let found = waiting[ticket] { answers.append((found.waiter, .failure(error))) }
        }
        waiting = [:]
        byEntry = [:]
        others = [:]
        deadlines = Heap()
        _ = refuseAll(error)
    }

    /// Those whose acknowledgement did not come before their deadline, to be answered.
    mutating func takeLate(now: Timestamp) -> [(waiter: Waiter, identity: EntryIdentity)] {
        var late: [(waiter: Waiter, identity: EntryIdentity)] = []
        while let first = deadlines.min, first.time <= now || waiting[first.ticket] == nil {
            deadlines.removeMin()
            guard let found = waiting.removeValue(forKey: first.ticket) else { continue }
            forget(first.ticket, of: found.identity)
            late.append((found.waiter, found.identity))
        }
        return late
    }

    /// Answers those for whom no room came free before their deadline.
    mutating func refuseLate(now: Timestamp, _ error: @autoclosure () -> DurableQueueError) {
        guard queued.contains(where: { $0.deadline <= now }) else { return }
        for request in queued where request.deadline <= now { answers.append((request.waiter, .failure(error()))) }
        queued.removeAll { $0.deadline <= now }
    }

    func isCancelled(_ ticket: UInt64) -> Bool { cancelledEarly.contains(ticket) }

    /// The task of an intake was cancelled, perhaps before it got here.
    mutating func cancel(_ ticket: UInt64) -> [QueueState.Action] {
        let error = DurableQueueError(.cancelled, "the intake was cancelled: the entry may be stored and run")
        if let found = waiting.removeValue(forKey: ticket) {
            forget(ticket, of: found.identity)
            answers.append((found.waiter, .failure(error)))
        } else if let index = queued.firstIndex(where: { $0.waiter.ticket == ticket }) {
            answers.append((queued.remove(at: index).waiter, .failure(error)))
        } else if unregistered.contains(ticket) {
            cancelledEarly.insert(ticket)
        }
        return []
    }

    /// Answers an intake that was cancelled before it got here.
    mutating func answerCancelled(_ waiter: Waiter) {
        cancelledEarly.remove(waiter.ticket)
        answer(
            waiter,
            .failure(DurableQueueError(.cancelled, "the intake was cancelled before anything was taken")))
    }
}
