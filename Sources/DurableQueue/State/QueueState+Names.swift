// Which entry an id stands for.
extension QueueState {
    /// The entry that an id stands for, and still does after it has ended, until it is forgotten.
    mutating func entry(knownAs id: EntryID) -> EntryIdentity? {
        nameMade(asking: id)
        return ids[id]
    }

    /// Lets an id stand for an entry from now on.
    mutating func name(_ header: EntryHeader) { ids[header.id] = header.identity }

    /// The same, unless it stands for another one.
    mutating func nameUnlessTaken(_ header: EntryHeader) {
        nameMade(asking: header.id)
        if ids[header.id] == nil { name(header) }
    }

    mutating func unname(_ header: EntryHeader) {
        if ids[header.id] == header.identity { ids[header.id] = nil }
    }

    /// Names the latest entry of this store, after it was asked whether its id is known.
    mutating func name(given header: EntryHeader) {
        name(header)
        if header.id.isLikeMade { firstUnnamed = nextSequence }
    }

    /// Enters the ids that were made since the last time, where one is asked for that could be one of them: whoever has ids made seldom asks for
    /// any, and ids that are given mostly look otherwise.
    private mutating func nameMade(asking id: EntryID) {
        guard firstUnnamed < nextSequence, id.isLikeMade else { return }
        for (_, item) in items.entries(of: origin, from: firstUnnamed)
        where item.phase != .withdrawing && item.header.id.isLikeMade {
            name(item.header)
        }
        firstUnnamed = nextSequence
    }
}
