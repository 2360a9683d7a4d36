/// Entries of one origin that follow each other, as the method `queueRead` streams them.
///
/// Sequences have holes, where an intake failed or was withdrawn: what goes on after ``after`` is whatever stands up to ``upTo``.
public struct QueueChunk: Codable, Sendable, Hashable {
    /// One entry. It travels as an array of its three parts, since there are many of them.
    public struct Item: Codable, Sendable, Hashable {
        /// Its number in its origin.
        public var sequence: UInt64
        /// When it was taken in, in milliseconds since 1970.
        public var enqueuedMilliseconds: Int64
        /// What was enqueued.
        public var payload: [UInt8]

        /// An entry from its parts.
        public init(sequence: UInt64, enqueuedMilliseconds: Int64, payload: [UInt8]) {
            self.sequence = sequence
            self.enqueuedMilliseconds = enqueuedMilliseconds
            self.payload = payload
        }

        /// Reads the array.
        public init(from decoder: any Decoder) throws {
            var parts = try decoder.unkeyedContainer()
            sequence = try parts.decode(UInt64.self)
            enqueuedMilliseconds = try parts.decode(Int64.self)
            payload = try parts.decode([UInt8].self)
        }

        /// Writes the array.
        public func encode(to encoder: any Encoder) throws {
            var parts = encoder.unkeyedContainer()
            try parts.encode(sequence)
            try parts.encode(enqueuedMilliseconds)
            try parts.encode(payload)
        }
    }

    /// Where it goes on: the ``upTo`` of the chunk before, or what was asked for.
    public var after: UInt64
    /// How far it comes: no acknowledged entry up to here will ever be in a later chunk. Equal to ``after`` in a sign of life.
    public var upTo: UInt64
    /// The entries, in order.
    public var entries: [Item]
    /// The ownership under which they are served; 0 where nothing is ever taken over.
    public var epoch: UInt64

    /// A chunk from its parts.
    public init(after: UInt64, upTo: UInt64, entries: [Item], epoch: UInt64) {
        self.after = after
        self.upTo = upTo
        self.entries = entries
        self.epoch = epoch
    }
}

/// An entry as the methods for people answer it.
public struct QueueEntry: Codable, Sendable, Hashable {
    /// What tells it from every other entry, as ``EntryIdentity/text`` has it.
    public var identity: String
    /// What it is known by outside.
    public var id: String
    /// Its key, where it has one.
    public var key: String?
    /// When it was taken in, in milliseconds since 1970.
    public var enqueuedMilliseconds: Int64
    /// `waiting`, `running`, `completed`, `dead`.
    public var status: String
    /// Runs that were begun.
    public var runs: Int
    /// Runs that ended with an error of the handler.
    public var failures: Int
    /// Runs that ended with the process.
    public var crashes: Int
    /// The last error of the handler, or why it was given up.
    public var error: String?
    /// When it was completed or given up, in milliseconds since 1970.
    public var endedMilliseconds: Int64?
    /// What was enqueued, in base64; nil where it was not asked for or has left.
    public var payload: String?
}

/// A page of entries, as the method `queueExport` answers it.
public struct QueueExport: Codable, Sendable, Hashable {
    /// The entries, in order.
    public var entries: [QueueEntry]
    /// What to go on after; nil at the end.
    public var next: String?
}
