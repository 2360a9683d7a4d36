internal import DequeModule
internal import FoundationEssentials

extension QueueState {
    /// Entries of one origin as they are known here, up to the first that is not acknowledged, or that has one before it which may still
    /// be: a store may show an entry before one with a lower sequence, where several write to it. Nil stands for one that was withdrawn or
    /// forgotten.
    ///
    /// - Parameter position: the sequence before the first.
    mutating func readable(_ stored: ArraySlice<StoredEntry>, after position: UInt64) -> [Item?] {
        var found: [Item?] = []
        found.reserveCapacity(stored.count)
        var next = position + 1
        for identity in stored.lazy.map(\.identity) {
            let item = items[identity]
            if let item, !Self.isAcknowledged(item.phase) { break }
            if identity.sequence > next, identity.origin == origin, isAnyPending(in: next..<identity.sequence) { break }
            found.append(item)
            next = identity.sequence + 1
        }
        return found
    }

    private mutating func isAnyPending(in sequences: Range<UInt64>) -> Bool {
        tidyUndecided()
        return undecided.lazy.prefix { $0 < sequences.upperBound }.contains {
            $0 >= sequences.lowerBound && isUndecided($0)
        }
    }

    private func isUndecided(_ sequence: UInt64) -> Bool {
        guard let phase = items[EntryIdentity(origin: origin, sequence: sequence)]?.phase else { return false }
        return !Self.isAcknowledged(phase)
    }

    mutating func tidyUndecided() {
        while let first = undecided.first, !isUndecided(first) { undecided.removeFirst() }
    }

    /// What was held for another owner waits here from now on, with what is being stored.
    mutating func collectUndecided() {
        let found = items.entries(of: origin).filter { !Self.isAcknowledged($0.value.phase) }
        undecided = Deque(found.map(\.identity.sequence))
    }
}
