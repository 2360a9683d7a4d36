internal import DequeModule

/// Who waits for the acknowledgement of which entry, and who waits for room. Answers are collected and given outside the lock.
struct Intakes: Sendable {
    /// A call, which may be cancelled before it gets here. Used under the queue's lock alone.
    final class Call: @unchecked Sendable {
        fileprivate(set) var isCancelled = false
        /// Which entry it waits for.
        fileprivate var entry: EntryIdentity?
    }

    struct Waiter: Sendable {
        let call: Call
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
        let deadline: Timestamp
        let isKnown: Bool
    }

    /// Those who wait for an entry: mostly one.
    private struct Line: Sendable {
        var first: Waiting
        var others: [Waiting] = []

        var all: [Waiting] { [first] + others }

        /// Nil when that leaves nobody.
        func without(_ isGone: (Waiting) -> Bool) -> Line? {
            let rest = all.filter { !isGone($0) }
            return rest.first.map { Line(first: $0, others: Array(rest.dropFirst())) }
        }
    }

    private var lines = EntryMap<Line>()
    /// No deadline of those who wait for an entry is earlier. Nearly all are answered before theirs, so it is seldom that any is looked at.
    private var earliestDeadline: Timestamp?
    private var queued: Deque<Request> = []
    private var answers: [Answer] = []

    mutating func takeAnswers() -> [Answer] {
        guard !answers.isEmpty else { return [] }
        defer { answers = [] }
        return answers
    }

    mutating func answer(_ waiter: Waiter, _ result: Result<Receipt, DurableQueueError>) {
        answers.append((waiter, result))
    }

    mutating func `await`(_ identity: EntryIdentity, _ request: Request, isKnown: Bool) {
        request.waiter.call.entry = identity
        earliestDeadline = min(earliestDeadline ?? request.deadline, request.deadline)
        let waiting = Waiting(waiter: request.waiter, deadline: request.deadline, isKnown: isKnown)
        if lines.contains(identity) {
            lines[identity]?.others.append(waiting)
        } else {
            lines[identity] = Line(first: waiting)
        }
    }

    mutating func acknowledge(_ identity: EntryIdentity) {
        answer(identity) { .success(Receipt(identity: identity, isKnown: $0.isKnown)) }
    }

    mutating func fail(_ identity: EntryIdentity, _ error: DurableQueueError) {
        answer(identity) { _ in .failure(error) }
    }

    private mutating func answer(_ identity: EntryIdentity, _ result: (Waiting) -> Result<Receipt, DurableQueueError>) {
        guard let line = lines.remove(identity) else { return }
        answers.append((line.first.waiter, result(line.first)))
        for other in line.others { answers.append((other.waiter, result(other))) }
    }

    // MARK: Waiting for room

    var queuedCount: Int { queued.count }

    /// False when too many wait already.
    mutating func queue(_ request: Request, most: Int) -> Bool {
        guard queued.count < most else { return false }
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
        for (_, line) in lines.all {
            for waiting in line.all { answers.append((waiting.waiter, .failure(error))) }
        }
        lines = EntryMap()
        _ = refuseAll(error)
    }

    /// Those whose acknowledgement did not come before their deadline, to be answered.
    mutating func takeLate(now: Timestamp) -> [(waiter: Waiter, identity: EntryIdentity)] {
        guard let earliest = earliestDeadline, earliest <= now else { return [] }
        earliestDeadline = nil
        var late: [(waiter: Waiter, identity: EntryIdentity)] = []
        for (identity, line) in lines.all {
            for waiting in line.all {
                if waiting.deadline <= now {
                    late.append((waiting.waiter, identity))
                } else {
                    earliestDeadline = min(earliestDeadline ?? waiting.deadline, waiting.deadline)
                }
            }
        }
        for (_, identity) in late {
            lines[identity] = lines[identity]?.without { $0.deadline <= now }
        }
        return late
    }

    /// Answers those for whom no room came free before their deadline.
    mutating func refuseLate(now: Timestamp, _ error: @autoclosure () -> DurableQueueError) {
        guard queued.contains(where: { $0.deadline <= now }) else { return }
        for request in queued where request.deadline <= now { answers.append((request.waiter, .failure(error()))) }
        queued.removeAll { $0.deadline <= now }
    }

    /// The task of an intake was cancelled, perhaps before it got here.
    mutating func cancel(_ call: Call) -> [QueueState.Action] {
        call.isCancelled = true
        let error = DurableQueueError(.cancelled, "the intake was cancelled: the entry may be stored and run")
        if let identity = call.entry, let line = lines[identity] {
            lines[identity] = line.without { $0.waiter.call === call }
            for waiting in line.all where waiting.waiter.call === call {
                answers.append((waiting.waiter, .failure(error)))
            }
        } else if let index = queued.firstIndex(where: { $0.waiter.call === call }) {
            answers.append((queued.remove(at: index).waiter, .failure(error)))
        }
        return []
    }

    /// Answers an intake that was cancelled before it got here.
    mutating func answerCancelled(_ waiter: Waiter) {
        answer(
            waiter,
            .failure(DurableQueueError(.cancelled, "the intake was cancelled before anything was taken")))
    }
}
