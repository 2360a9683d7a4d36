internal import HeapModule

/// What is to be tried again, and when. An entry that is done with meanwhile stays in here until its time, and is then passed over.
struct RetryQueue: Sendable {
    private struct Retry: Comparable, Sendable {
        let due: Timestamp
        let identity: EntryIdentity

        static func < (left: Retry, right: Retry) -> Bool { (left.due, left.identity) < (right.due, right.identity) }
    }

    private var heap = Heap<Retry>()

    var earliest: Timestamp? { heap.min?.due }

    mutating func insert(_ identity: EntryIdentity, at due: Timestamp) {
        heap.insert(Retry(due: due, identity: identity))
    }

    mutating func popDue(now: Timestamp) -> EntryIdentity? {
        guard let first = heap.min, first.due <= now else { return nil }
        heap.removeMin()
        return first.identity
    }
}
