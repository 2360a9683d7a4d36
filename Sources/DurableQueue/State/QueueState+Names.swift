// Which entry an id stands for.
extension QueueState {
    /// The entry that an id stands for, and still does after it has ended, until it is forgotten.
    mutating func entry(knownAs id: EntryID) -> EntryIdentity? {
        nameMade()
        return ids[id]
    }

    /// Lets an id stand for an entry from now on.
    mutating func name(_ header: EntryHeader) { ids[header.id] = header.identity }

    /// The same, unless it stands for another one.
    mutating func nameUnlessTaken(_ header: EntryHeader) {
        nameMade()
        if ids[header.id] == nil { name(header) }
    }

    mutating func unname(_ header: EntryHeader) {
        if ids[header.id] == header.identity { ids[header.id] = nil }
    }

    /// Names the latest entry of this store, after it was asked whether its id is known.
    mutating func name(given header: EntryHeader) {
        name(header)
        firstUnnamed = nextSequence
    }

    /// Enters the ids that were made since the last time. Whoever has ids made seldom asks for one, and never has to pay for a million of them.
    private mutating func nameMade() {
        guard firstUnnamed < nextSequence else { return }
        for (_, item) in items.entries(of: origin, from: firstUnnamed) where item.phase != .withdrawing {
            name(item.header)
        }
        firstUnnamed = nextSequence
    }
}
