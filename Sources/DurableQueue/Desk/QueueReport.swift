public import FoundationEssentials

/// What a queue holds and does, as the method `queues` answers it.
public struct QueueReport: Codable, Sendable, Hashable {
    /// The entries of one origin that are read and completed here.
    public struct Origin: Codable, Sendable, Hashable {
        /// The store that took them in.
        public var origin: UUID
        /// Which ownership this is; 0 where nothing is ever taken over.
        public var epoch: UInt64
        /// The lowest sequence that can still be read, completed ones included; nil where there is none.
        public var oldestSequence: UInt64?
        /// The highest sequence that was ever given out; 0 before the first.
        public var highestSequence: UInt64
        /// Up to here every sequence is acknowledged or will never be: as far as a reader may come.
        public var acknowledgedThrough: UInt64
        /// Entries that are neither completed nor dead.
        public var depth: Int
    }

    /// A member that holds copies.
    public struct Replica: Codable, Sendable, Hashable {
        /// The member, by the origin of its store.
        public var member: String
        /// The instance that it was last seen as; nil where it is not known.
        public var instance: String?
        /// How many records it has not confirmed yet, where every member runs everything how many entries it has not ended; nil before it is known.
        public var lagRecords: Int?
        /// How it stands, in a word: `following`, or `unknown` before it has caught up; where every member runs everything `following`, `catching up`,
        /// `away`.
        public var state: String

        /// A replica from its parts.
        public init(member: String, instance: String?, lagRecords: Int?, state: String) {
            self.member = member
            self.instance = instance
            self.lagRecords = lagRecords
            self.state = state
        }
    }

    /// What the queue is called.
    public var name: String
    /// The store, by its origin.
    public var store: UUID
    /// What is read and completed here: the store's own entries, and those that were taken over.
    public var origins: [Origin]
    /// `queueOnly`, `replicated(1)`, `replicationOnly`.
    public var mode: String
    /// Entries that wait or run.
    public var depth: Int
    /// The most that it takes, those that are dead included.
    public var maximumEntries: Int
    /// How long ago the oldest of those that wait or run was taken in; nil where there is none.
    public var oldestMilliseconds: Int64?
    /// Entries that run.
    public var inFlight: Int
    /// Entries that were given up.
    public var dead: Int
    /// Bytes that the store takes on the disk.
    public var diskBytes: Int
    /// Of these, bytes that entries still need.
    public var liveBytes: Int
    /// The most that the store may take; nil where nothing bounds it.
    public var diskBound: Int?
    /// Whoever else holds it.
    public var replicas: [Replica]
    /// What has to come before it goes on, each in words; empty where it waits for nothing.
    public var waitingFor: [String]
    /// What an acknowledgement is worth, in words.
    public var promise: String
    /// Why it takes nothing any more; nil while it does.
    public var failure: String?
    /// Why it takes nothing for now: full, or a disk that is; nil while it does.
    public var refusal: String?
}
