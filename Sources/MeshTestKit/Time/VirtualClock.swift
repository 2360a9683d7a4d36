internal import HeapModule
public import Mesh

/// Time that passes only when everything due has been done: a queue of actions, run in the order of their times and, at one
/// time, in the order in which they were asked for.
public final class VirtualClock {
    private struct Entry: Comparable {
        let time: MeshInstant
        let order: UInt64
        let action: () -> Void

        static func < (left: Entry, right: Entry) -> Bool {
            left.time == right.time ? left.order < right.order : left.time < right.time
        }

        static func == (left: Entry, right: Entry) -> Bool { left.order == right.order }
    }

    /// What time it is.
    public private(set) var now: MeshInstant
    /// How many actions were run.
    public private(set) var actionCount = 0
    private var heap = Heap<Entry>()
    private var lastOrder: UInt64 = 0

    /// A clock that begins an hour after the origin, so that no time of interest is zero.
    public init() { now = .zero + .seconds(3600) }

    /// Runs an action at a time; one that has passed means now.
    public func at(_ time: MeshInstant, _ action: @escaping () -> Void) {
        lastOrder += 1
        heap.insert(Entry(time: max(time, now), order: lastOrder, action: action))
    }

    /// Runs an action after a delay.
    public func after(_ delay: Duration, _ action: @escaping () -> Void) { at(now + delay, action) }

    /// Lets time pass up to `end`, or until `isEnough` says so after an action.
    public func run(until end: MeshInstant, unless isEnough: () -> Bool) {
        while let next = heap.min, next.time <= end, !isEnough() {
            heap.removeMin()
            now = next.time
            actionCount += 1
            next.action()
        }
        if !isEnough() { now = max(now, end) }
    }

    /// Forgets what is still to be done, and with it whatever that holds on to.
    public func stop() { heap = Heap() }
}
