/// A member of a replication group: a store, whatever the process and the instance.
public struct MemberID: Hashable, Codable, Sendable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name of the store.
    public let name: String

    /// A member by its name.
    public init(_ name: String) { self.name = name }

    /// A member by its name.
    public init(stringLiteral name: String) { self.name = name }

    /// By name.
    public static func < (left: MemberID, right: MemberID) -> Bool { left.name < right.name }

    /// The name.
    public var description: String { name }
}

/// Why an entry was given up, with its last error.
public struct DeadLetter: Hashable, Codable, Sendable {
    /// Which bound was met.
    public enum Reason: UInt8, Codable, Sendable {
        /// Its handler failed too often.
        case failures = 1
        /// The process died while it ran too often.
        case crashes = 2
    }

    /// Which bound was met.
    public let reason: Reason
    /// The last error of the handler, or what is known of the crash.
    public let error: String
    /// When it was given up.
    public let time: Timestamp

    /// A dead letter's label from its parts.
    public init(reason: Reason, error: String, time: Timestamp) {
        self.reason = reason
        self.error = error
        self.time = time
    }
}

/// How far an entry has come.
public enum EntryStatus: Hashable, Sendable {
    /// It waits for a run.
    case waiting
    /// A run was begun and has not ended; after a restart: the process died while it ran.
    case running
    /// It was completed, at this time.
    case completed(Timestamp)
    /// It was given up. Apart from the rest, since few are.
    indirect case dead(DeadLetter)
}

/// What a store knows of an entry besides what was enqueued.
public struct EntryProgress: Hashable, Sendable {
    /// How far it has come.
    public var status: EntryStatus = .waiting
    /// Whether the payload is there: that of a completed entry leaves with the completion, unless the queue keeps it.
    public var hasPayload = true
    /// Runs that were begun.
    public var runs = 0
    private var boxedDetails = BoxedDetails.none

    /// What there is to say of few entries.
    private struct Details: Hashable, Sendable {
        var failures = 0
        var crashes = 0
        var lastError: String?
        var holders: Set<MemberID> = []
        var completedBy: Set<MemberID> = []
    }

    /// Apart from the rest, since a store and a queue hold the progress of each entry.
    private indirect enum BoxedDetails: Hashable, Sendable {
        case none
        case some(Details)
    }

    private var details: Details {
        get { if case .some(let details) = boxedDetails { details } else { Details() } }
        set { boxedDetails = newValue == Details() ? .none : .some(newValue) }
    }

    /// That of an entry just taken in.
    public init() {}

    /// Runs that ended with an error of the handler.
    public var failures: Int {
        get { details.failures }
        set { details.failures = newValue }
    }
    /// Runs that ended with the process; the one that ``EntryStatus/running`` tells of after a restart is not among them.
    public var crashes: Int {
        get { details.crashes }
        set { details.crashes = newValue }
    }
    /// The last error of the handler.
    public var lastError: String? {
        get { details.lastError }
        set { details.lastError = newValue }
    }
    /// The members that have confirmed that they hold it.
    public var holders: Set<MemberID> {
        get { details.holders }
        set { details.holders = newValue }
    }
    /// The members that have run it, where every member does.
    public var completedBy: Set<MemberID> {
        get { details.completedBy }
        set { details.completedBy = newValue }
    }
}

/// An entry as a store holds it; its payload is read apart.
public struct StoredEntry: Hashable, Sendable {
    /// What was enqueued.
    public let header: EntryHeader
    /// What became of it.
    public var progress: EntryProgress

    /// What tells it from every other entry.
    public var identity: EntryIdentity { header.identity }

    /// A stored entry from its parts.
    public init(header: EntryHeader, progress: EntryProgress = EntryProgress()) {
        self.header = header
        self.progress = progress
    }
}
