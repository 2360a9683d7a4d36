internal import HeapModule

/// Timers by deadline. A cancelled timer leaves its place in the heap, which is rebuilt when most of it is such places.
struct TimerQueue {
    struct Due {
        let name: String
        let handler: () -> Void
    }

    private struct Place: Comparable {
        let deadline: ContinuousClock.Instant
        let identifier: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.deadline, left.identifier) < (right.deadline, right.identifier)
        }
    }

    private var places = Heap<Place>()
    private var live: [Int: Due] = [:]
    private var nextIdentifier = 0

    var isEmpty: Bool { live.isEmpty }

    mutating func insert(deadline: ContinuousClock.Instant, name: String, handler: @escaping () -> Void) -> LoopTimer {
        nextIdentifier += 1
        live[nextIdentifier] = Due(name: name, handler: handler)
        places.insert(Place(deadline: deadline, identifier: nextIdentifier))
        return LoopTimer(identifier: nextIdentifier)
    }

    mutating func cancel(_ timer: LoopTimer) {
        live[timer.identifier] = nil
        if places.count > 2 * live.count + 64 {
            places = Heap(places.unordered.filter { live[$0.identifier] != nil })
        }
    }

    mutating func popDue(now: ContinuousClock.Instant) -> Due? {
        while let first = places.min, first.deadline <= now {
            places.removeMin()
            if let due = live.removeValue(forKey: first.identifier) { return due }
        }
        return nil
    }

    /// Rounded up, so that a loop never wakes just before its timer; nil without a timer.
    mutating func millisecondsUntilNext(now: ContinuousClock.Instant) -> Int? {
        while let first = places.min {
            guard live[first.identifier] != nil else {
                places.removeMin()
                continue
            }
            let remaining = first.deadline - now
            guard remaining > .zero else { return 0 }
            let (seconds, attoseconds) = remaining.components
            return Int(min(seconds, 3600)) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        }
        return nil
    }
}
