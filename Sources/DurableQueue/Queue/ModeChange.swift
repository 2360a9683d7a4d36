// From one mode to another over what a store has.
extension QueueConfiguration {
    /// Why a queue is not to go on in its mode with what is in a store; nil if it may.
    ///
    /// Who runs an entry, one member or all, was promised when it was taken in. In another mode those that every member is to run would be run
    /// by one, or left out by those that lack them, and those for one be run by all. An empty store may go on as it likes.
    func refusal(of recovery: Recovery, in store: any DurableStore) -> DurableQueueError? {
        let mark = recovery.marks[store.origin]
        let wasForAll = mark.map { !$0.isOfOwners } ?? false
        guard !recovery.entries.isEmpty, wasForAll != (mode == .replicationOnly) else { return nil }
        let former = wasForAll ? "replicationOnly" : mark == nil ? "queueOnly" : "replicated"
        return DurableQueueError(
            .misconfigured,
            "opening the queue \(name) as \(mode) over \(store.place) was refused, and nothing was changed: it has \(recovery.entries.count) "
                + "entries from when it was \(former), and who runs them, one member or all, is not to change; set the mode back until the "
                + "store is empty, their window over included, or give the queue another store")
    }
}
