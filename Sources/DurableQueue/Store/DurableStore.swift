public import FoundationEssentials

/// How far a record has to have come before its writer is told.
public enum Durability: Int, Sendable, Comparable {
    /// Handed to the system: it survives the death of the process, and not that of the machine.
    case written
    /// Forced to the disk, with everything submitted before: it survives a loss of power.
    case synced

    /// Written is less.
    public static func < (left: Durability, right: Durability) -> Bool { left.rawValue < right.rawValue }
}

/// What a store declares that it may lose of what it acknowledged as ``Durability/synced``.
public struct StorePromise: Sendable, Hashable {
    /// Whether it is all there after the process died.
    public let survivesProcess: Bool
    /// Whether it is all there after the machine lost power.
    public let survivesPowerLoss: Bool
    /// The same in words, with what the promise rests on.
    public let words: String

    /// A promise from its parts.
    public init(survivesProcess: Bool, survivesPowerLoss: Bool, words: String) {
        self.survivesProcess = survivesProcess
        self.survivesPowerLoss = survivesPowerLoss
        self.words = words
    }
}

/// What a store found when it was opened.
public struct Recovery: Sendable {
    /// Everything that it holds, in the order of the identities.
    public var entries: [StoredEntry] = []
    /// How far the replication of each origin has come here.
    public var marks: [UUID: ReplicaMark] = [:]
    /// The highest sequence of its own origin that was ever given out.
    public var highestSequence: UInt64 = 0
    /// What was there and was cut off, because it was never acknowledged.
    public var dropped: [DroppedTail] = []
    /// How many records were read.
    public var recordCount = 0

    /// An empty one.
    public init() {}
}

/// The end of a file that was cut off, because writing it had not come to an end.
public struct DroppedTail: Sendable, Hashable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// Where it was cut, in bytes.
    public let offset: Int
    /// How much was cut off.
    public let bytes: Int
    /// What was wrong with it.
    public let reason: String

    /// All of it, in words.
    public var description: String {
        "the last \(bytes) bytes of \(path), from \(offset) on, were cut off: \(reason); no acknowledged record was among them"
    }
}

/// What a store holds and takes.
public struct StoreStatus: Sendable {
    /// Entries, those that are remembered for their ids among them.
    public var entryCount = 0
    /// Bytes on the disk.
    public var diskBytes = 0
    /// Of these, bytes that the entries still need.
    public var liveBytes = 0
    /// How many times data was forced to the disk.
    public var synchronizations = 0
    /// Why the store takes nothing any more.
    public var failure: DurableQueueError?
    /// Why entries were refused the last time that any came. At the bound of the disk nil again as soon as there is room for what was refused;
    /// where the file system takes nothing, once it has taken something.
    public var refusal: DurableQueueError?
    /// Why space that could be freed was not, the last time; tried again with the next records.
    public var postponedCompaction: DurableQueueError?

    /// An empty store's.
    public init() {}
}

/// All that a store holds at a point of its history, for a member that begins to follow it.
public struct StoreSnapshot: Sendable {
    /// The number of the last record that it includes.
    public let position: UInt64
    /// The entries without their payloads, in order.
    public let entries: [StoredEntry]
    /// How far the replication of each origin has come here.
    public let marks: [UUID: ReplicaMark]

    /// A snapshot from its parts.
    public init(position: UInt64, entries: [StoredEntry], marks: [UUID: ReplicaMark] = [:]) {
        self.position = position
        self.entries = entries
        self.marks = marks
    }
}

/// A record with its number; numbers rise by one.
public struct NumberedRecord: Sendable, Hashable {
    /// Its place in the store's history, from 1 on.
    public let number: UInt64
    /// The change.
    public let record: StoreRecord

    /// A numbered record from its parts.
    public init(number: UInt64, record: StoreRecord) {
        self.number = number
        self.record = record
    }
}

/// Where a queue keeps its entries. The test kit's conformance suite says what an implementation has to do; in short:
///
/// - records take effect in the order in which they are submitted, and readers see an entry only once it is as durable as was asked for;
/// - a record that was acknowledged as ``Durability/synced`` is there after whatever ``promise`` says, and none is there that was not submitted;
/// - what fails leaves nothing behind that is acknowledged later. After a failure to synchronize nothing is taken any more.
public protocol DurableStore: Sendable {
    /// The UUID written when the store was made.
    var origin: UUID { get }
    /// Where its entries are, for messages.
    var place: String { get }
    /// What an acknowledgement is worth.
    var promise: StorePromise { get }
    /// What was found when the store was opened; to be read before anything is handed over.
    var recovery: Recovery { get }

    /// Hands records over; never blocks. When they fail, none of them has an effect while the store lives; after a crash a first part of
    /// what was not acknowledged may be there.
    ///
    /// - Parameters:
    ///   - records: the changes, in order. None means: tell me when all that came before is durable.
    ///   - durability: when `done` is called.
    ///   - done: called once, from a thread of the store, never from within this call; with nil when it is done.
    func submit(
        _ records: [StoreRecord], until durability: Durability,
        done: @escaping @Sendable (DurableQueueError?) -> Void)
    /// Entries with their payloads, in the order asked for; those that are not there, or whose payload has left, are left out.
    func entries(_ identities: [EntryIdentity]) async throws(DurableQueueError) -> [Entry]
    /// The entries of an origin from a sequence on, in order, completed ones that are still remembered included.
    func entries(of origin: UUID, from sequence: UInt64, limit: Int) async -> [StoredEntry]
    /// All that is there, with the position from which ``records(after:limit:)`` goes on.
    func snapshot() async -> StoreSnapshot
    /// The records that follow a position, in order, at least one unless there is none yet.
    ///
    /// - Throws: ``DurableQueueError/Code/gone`` when they have left the store, so that a new snapshot is needed.
    func records(after position: UInt64, limit: Int) async throws(DurableQueueError) -> [NumberedRecord]
    /// What it holds and takes.
    var status: StoreStatus { get }
    /// Finishes what was submitted, forces it to the disk and lets go of everything.
    func close() async
}

extension DurableStore {
    /// The origin, where nothing better is known.
    public var place: String { "the store \(origin)" }

    /// Hands records over and returns when they are durable.
    public func append(
        _ records: [StoreRecord], until durability: Durability = .synced
    ) async throws(DurableQueueError) {
        let failure = await withCheckedContinuation { continuation in
            submit(records, until: durability) { continuation.resume(returning: $0) }
        }
        if let failure { throw failure }
    }

    /// Returns when everything submitted so far is forced to the disk.
    public func flush() async throws(DurableQueueError) { try await append([], until: .synced) }
}
