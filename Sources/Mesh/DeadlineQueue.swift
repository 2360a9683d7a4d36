internal import HeapModule

/// What has to be looked at when. Entries are not taken out when they become pointless: who owns them checks when they are
/// due, and the queue is rebuilt when most of it has become pointless.
struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Comparable, Sendable {
        let deadline: MeshInstant
        let order: UInt64
        let key: Key

        static func < (left: Entry, right: Entry) -> Bool {
            (left.deadline, left.order) < (right.deadline, right.order)
        }

        static func == (left: Entry, right: Entry) -> Bool { left.order == right.order }
    }

    private var heap = Heap<Entry>()
    private var count: UInt64 = 0

    /// Below this a queue is not worth rebuilding.
    private static var smallest: Int { 1024 }

    var earliest: MeshInstant? { heap.min?.deadline }
    var isEmpty: Bool { heap.isEmpty }

    mutating func insert(_ key: Key, at deadline: MeshInstant) {
        count &+= 1
        heap.insert(Entry(deadline: deadline, order: count, key: key))
    }

    mutating func popDue(now: MeshInstant) -> Key? {
        guard let first = heap.min, first.deadline <= now else { return nil }
        heap.removeMin()
        return first.key
    }

    /// Drops the entries that `isLive` does not want any more, once they are the greater part. To be called after what inserts
    /// often: most calls are over long before their deadline.
    @inline(__always)
    mutating func compact(liveCount: Int, isLive: (Key) -> Bool) {
        guard heap.count > Self.smallest, heap.count > 4 * liveCount else { return }
        heap = Heap(heap.unordered.filter { isLive($0.key) })
    }
}
