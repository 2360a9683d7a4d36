/// A store whose entries may be completed by others than its queue: by an application, within a transaction of its own.
public protocol SharedStore: DurableStore {
    /// Says from now on what others have completed, in order, once it is durable; from a thread of the store, which is not to be held up.
    func onCompletion(_ tell: @escaping @Sendable ([EntryIdentity]) -> Void)
}
