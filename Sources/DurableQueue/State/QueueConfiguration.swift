/// How a queue behaves. Every bound says what happens at it.
public struct QueueConfiguration: Sendable {
    /// What has to be true before an entry is acknowledged.
    public enum Mode: Sendable, Hashable {
        /// It is in the local store.
        case queueOnly
        /// It is in the local store, and this many other members have confirmed that they have it in theirs.
        case replicated(min: Int)
        /// It is in the local store, and every other member of the group that is there has confirmed that it has it in its own. Every member
        /// runs it once; one that is away gets it when it is back.
        case replicationOnly
    }

    /// In which order entries run.
    public enum Ordering: Sendable {
        /// As they come, several batches at once.
        case unordered
        /// Entries with one key in the order of their intake: the next runs when the one before is completed or dead. Those of one key may share
        /// a batch, in order. Entries without a key are not ordered.
        case perKey
    }

    /// What an intake does that finds the queue full.
    public enum Bound: Sendable {
        /// It fails at once.
        case refuse
        /// It waits for room until the deadline of its acknowledgement.
        case wait
    }

    /// When a completed entry is forgotten, with its id. Over a restart the window begins anew.
    public enum Forgetting: Sendable {
        /// When ``QueueConfiguration/dedupeWindow`` is over.
        case afterWindow
        /// When ``DurableQueue/complete(of:through:)`` covers it and the window is over by then: for readers whose memory may be set back.
        /// They repeat the call while nothing new comes, with the cursor that is kept at that time; without it nothing is forgotten, and
        /// the store fills. The other members of a group forget what the owner has forgotten.
        case onceConfirmed
    }

    /// What the queue is called in messages and logs.
    public var name = "queue"
    /// What has to be true before an entry is acknowledged.
    public var mode = Mode.queueOnly
    /// In which order entries run.
    public var ordering = Ordering.unordered
    /// What an intake does that finds the queue full.
    public var atBound = Bound.refuse
    /// The most entries that may wait, run or be dead.
    public var maximumEntries = 1_000_000
    /// The most payload bytes that these may have together.
    public var maximumBytes = 1 << 30
    /// The most intakes that may wait for room; more are refused.
    public var maximumWaiting = 10_000
    /// The largest payload, in bytes; a larger one is refused.
    public var payloadBytes = 16 << 20
    /// How many payload bytes are kept in memory; those beyond are read from the store when they are run.
    public var residentBytes = 64 << 20
    /// How long an intake waits for its acknowledgement, and for room before it.
    public var acknowledgeWithin: Duration = .seconds(2)
    /// How long the id of an entry is remembered after it was completed. The entry itself can be read as long.
    public var dedupeWindow: Duration = .seconds(900)
    /// Whether the passing of the window alone makes an entry forgotten.
    public var forgetting = Forgetting.afterWindow
    /// Whether the payload of a completed entry is kept as long as its id.
    public var keepsCompletedPayloads = false
    /// The most entries in a batch.
    public var batchEntries = 100
    /// The most payload bytes in a batch, unless one entry alone has more.
    public var batchBytes = 1 << 20
    /// How many batches run at once.
    public var concurrentBatches = 1
    /// How long a batch may run before it is cancelled, which counts as a failure of each of its entries.
    public var runWithin: Duration = .seconds(300)
    /// How long the first retry waits; every further one twice as long, each with jitter of a half.
    public var retryDelay: Duration = .milliseconds(100)
    /// The longest that a retry waits, before jitter.
    public var retryDelayLimit: Duration = .seconds(60)
    /// After how many failures an entry is given up.
    public var maximumFailures = 5
    /// After how many crashes an entry is given up.
    public var maximumCrashes = 3
    /// How long what was completed may be on its way to the disk; lost with the machine, it runs again.
    public var flushInterval: Duration = .milliseconds(500)

    /// Whether an entry that was not stored and replicated in time is taken back before the intake fails: forgotten here, on the disk, and by
    /// the members that have it. Otherwise it stays and runs once it is safe.
    public var withdrawsUnreplicated = false

    /// How long the taking back may last before the intake fails without it, because the disk, or a member that may have the entry, does not
    /// answer; it is done all the same once they do.
    public var withdrawWithin: Duration = .milliseconds(500)

    /// How many other members hold what is acknowledged; nil where there are no other members.
    var replicas: Int? { if case .replicated(let minimum) = mode { minimum } else { nil } }

    /// Whether who runs the entries is a matter between members.
    var isReplicated: Bool { replicas != nil }

    /// The defaults, under a name.
    public init(name: String = "queue") { self.name = name }
}
