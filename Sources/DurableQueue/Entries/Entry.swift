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

    /// By the sequence and half of the origin, whose bits are random: an identity is looked up several times on the way of every entry.
    public func hash(into hasher: inout Hasher) {
        let half = withUnsafeBytes(of: origin.uuid) { $0.loadUnaligned(as: UInt64.self) }
        hasher.combine(half ^ sequence)
    }

    /// By origin, then by sequence.
    public static func < (left: EntryIdentity, right: EntryIdentity) -> Bool {
        left.origin == right.origin ? left.sequence < right.sequence : left.origin < right.origin
    }

    /// The first digits of the origin and the sequence, as people are shown it.
    public var description: String { "\(origin.uuidString.prefix(8).lowercased())/\(sequence)" }
}

/// What is known of an entry without its payload. Copies share it, since a store and a queue hold one of each entry.
public struct EntryHeader: Hashable, Codable, Sendable {
    private final class Fields: Hashable, Codable, Sendable {
        let identity: EntryIdentity
        let id: EntryID
        let key: String?
        let enqueued: Timestamp
        let payloadBytes: Int

        init(identity: EntryIdentity, id: EntryID, key: String?, enqueued: Timestamp, payloadBytes: Int) {
            self.identity = identity
            self.id = id
            self.key = key
            self.enqueued = enqueued
            self.payloadBytes = payloadBytes
        }

        static func == (left: Fields, right: Fields) -> Bool {
            left === right
                || left.identity == right.identity && left.id == right.id && left.key == right.key
                    && left.enqueued == right.enqueued && left.payloadBytes == right.payloadBytes
        }

        func hash(into hasher: inout Hasher) { hasher.combine(identity) }
    }

    private let fields: Fields

    /// What tells it from every other entry.
    public var identity: EntryIdentity { fields.identity }
    /// What it is known by outside.
    public var id: EntryID { fields.id }
    /// Entries with one key run in the order of their sequences, where the queue is ordered; nil means no order.
    public var key: String? { fields.key }
    /// When it was taken in.
    public var enqueued: Timestamp { fields.enqueued }
    /// How large its payload is.
    public var payloadBytes: Int { fields.payloadBytes }

    /// A header from its parts.
    public init(identity: EntryIdentity, id: EntryID, key: String?, enqueued: Timestamp, payloadBytes: Int) {
        fields = Fields(identity: identity, id: id, key: key, enqueued: enqueued, payloadBytes: payloadBytes)
    }

    /// A header as ``encode(to:)`` wrote it.
    public init(from decoder: any Decoder) throws { fields = try Fields(from: decoder) }

    /// Its parts, by their names.
    public func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }
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
