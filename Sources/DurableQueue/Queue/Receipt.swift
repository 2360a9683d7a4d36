/// What an intake is answered: the entry is safe, as the queue's mode says.
public struct Receipt: Sendable, Hashable {
    /// What tells the entry from every other one.
    public let identity: EntryIdentity
    /// Whether the id was known, so that nothing new was taken.
    public let isKnown: Bool

    /// A receipt from its parts.
    public init(identity: EntryIdentity, isKnown: Bool) {
        self.identity = identity
        self.isKnown = isKnown
    }
}

/// What a queue holds and does.
public struct QueueStatus: Sendable {
    /// Entries that wait or run.
    public let depth: Int
    /// When the oldest of these was taken in.
    public let oldest: Timestamp?
    /// Entries that run.
    public let inFlight: Int
    /// Entries that were given up.
    public let dead: Int
    /// The store's.
    public let store: StoreStatus
    /// Why entries are refused, as far as is known without one; nil while they are taken.
    public let refusal: DurableQueueError?
}

/// Thrown by a handler whose batch failed in part. The entries that are not named were run well.
public struct BatchFailure: Error, Sendable {
    /// The errors, by entry.
    public let errors: [EntryIdentity: String]

    /// A failure in part.
    public init(_ errors: [EntryIdentity: String]) { self.errors = errors }
}
