/// A store whose entries may be completed by others than its queue: by an application, within a transaction of its own.
public protocol SharedStore: DurableStore {
    /// Says from now on what others have completed, in order, once it is durable; from a thread of the store, which is not to be held up.
    func onCompletion(_ tell: @escaping @Sendable ([EntryIdentity]) -> Void)
}

/// A store that commits in groups, and says when all of a group were told.
public protocol GroupingStore: DurableStore {
    /// Calls `end` from now on after it has told all of a group; from the thread that told them. So a queue may gather what it is told and
    /// act on it once.
    func onGroupEnd(_ end: @escaping @Sendable () -> Void)
}
