public import FoundationEssentials

/// What tells an entry from every other one there ever was: the store that took it in, and its number there.
///
/// It is kept when another member takes the entry over.
public struct EntryIdentity: Hashable, Codable, Sendable, Comparable, CustomStringConvertible {
    /// The store that took the entry in: a UUID written when the store was made.
    public let origin: UUID
    /// Which entry of that store, counted from 1 in the order of intake. A number is never used twice; there may be holes where the intake of
    /// an entry failed.
    public let sequence: UInt64

    /// An identity from its parts.
    public init(origin: UUID, sequence: UInt64) {
        self.origin = origin
        self.sequence = sequence
    }

    /// By origin, then by sequence.
    public static func < (left: EntryIdentity, right: EntryIdentity) -> Bool {
        left.origin == right.origin ? left.sequence < right.sequence : left.origin < right.origin
    }

    /// The first digits of the origin and the sequence, as people are shown it.
    public var description: String { "\(origin.uuidString.prefix(8).lowercased())/\(sequence)" }
}

/// What is known of an entry without its payload.
public struct EntryHeader: Hashable, Codable, Sendable {
    /// What tells it from every other entry.
    public let identity: EntryIdentity
    /// What it is known by outside.
    public let id: EntryID
    /// Entries with one key run in the order of their sequences, where the queue is ordered; nil means no order.
    public let key: String?
    /// When it was taken in.
    public let enqueued: Timestamp
    /// How large its payload is.
    public let payloadBytes: Int

    /// A header from its parts.
    public init(identity: EntryIdentity, id: EntryID, key: String?, enqueued: Timestamp, payloadBytes: Int) {
        self.identity = identity
        self.id = id
        self.key = key
        self.enqueued = enqueued
        self.payloadBytes = payloadBytes
    }
}

/// One piece of work that the queue has taken charge of.
public struct Entry: Hashable, Codable, Sendable {
    /// All but the payload.
    public let header: EntryHeader
    /// What the handler gets. The queue does not look inside.
    public let payload: [UInt8]

    /// What tells it from every other entry.
    public var identity: EntryIdentity { header.identity }

    /// An entry from its parts.
    public init(identity: EntryIdentity, id: EntryID, key: String? = nil, enqueued: Timestamp, payload: [UInt8]) {
        self.init(
            header: EntryHeader(
                identity: identity, id: id, key: key, enqueued: enqueued, payloadBytes: payload.count),
            payload: payload)
    }

    package init(header: EntryHeader, payload: [UInt8]) {
        self.header = header
        self.payload = payload
    }
}
