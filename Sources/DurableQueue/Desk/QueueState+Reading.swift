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
        // Cleans the front, so that what was forgotten long ago is not looked through.
        guard oldest != nil, let first = intakeOrder.first(where: { $0.origin == origin })?.sequence else {
            return false
        }
        return sequences.clamped(to: first..<max(first, sequences.upperBound)).contains { sequence in
            items[EntryIdentity(origin: origin, sequence: sequence)].map { !Self.isAcknowledged($0.phase) } ?? false
        }
    }
}
