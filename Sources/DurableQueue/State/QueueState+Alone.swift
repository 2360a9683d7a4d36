internal import FoundationEssentials

// Entries of others in a store whose queue has no owners.
extension QueueState {
    /// Whose entries run here where nobody owns any: the own ones, and those that were held for others when the queue was replicated. Nobody
    /// else may be left to run these.
    func origins(in entries: [StoredEntry]) -> [UUID] {
        [origin] + Set(entries.map(\.identity.origin)).subtracting([origin]).sorted()
    }

    /// How many entries of other origins there are to run.
    public var foreignDepth: Int {
        items.values.count { item in
            guard item.header.identity.origin != origin, owned.contains(item.header.identity.origin) else {
                return false
            }
            return item.phase != .completed && item.phase != .dead
        }
    }
}
