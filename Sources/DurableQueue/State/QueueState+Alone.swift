internal import FoundationEssentials

// Entries of others in a store whose queue has no owners.
extension QueueState {
    /// Whose entries run here where nobody owns any: the own ones, and those that were held for others when the queue was replicated. Nobody
    /// else may be left to run these.
    func origins(in entries: [StoredEntry]) -> [UUID] {
        [origin] + Set(entries.map(\.identity.origin)).subtracting([origin]).sorted()
    }

    /// How many entries of other origins there are to run.
    public var foreignDepth: Int { owned.reduce(0) { $0 + ($1 == origin ? 0 : depths[$1] ?? 0) } }
}
