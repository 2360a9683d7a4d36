/// How a store behaves in the database that it shares with the application.
public struct SQLiteStoreOptions: Sendable {
    /// What the names of its tables begin with, so that a database may hold several queues: letters, digits and underscores.
    public var prefix = "queue_"
    /// How long a commit waits while another process writes to the database, besides what the database's own `busyMode` waits; after it
    /// nothing was written, and the error is ``DurableQueueError/Code/locked``.
    public var lockWait: Duration = .seconds(5)
    /// How many records are kept for members that follow; who is further behind takes a snapshot.
    public var historyRecords = 10_000

    /// The defaults.
    public init() {}
}
