public import Mining

/// One connection of a miner, as a value: lines, jobs and time in, actions out.
///
/// Replies leave in the order of the requests: a share waits for its hash, and what was asked behind it waits with it. Authorization and the
/// recalling of a session are decided by the server; requests behind them are not even looked at before that.
///
/// A job is issued under an id of its own each time: the first 8 digits of the job's content-addressed id, the 16 of the extranonce1, which no other
/// connection of any server has, and a number that counts the issues of this session. So no id ever stands for two things, and a share
/// is checked against the difficulty that its job was issued with.
public struct Session: Sendable {
    /// The time that everything here is decided by.
    public typealias Instant = ContinuousClock.Instant

    /// What the connection is given.
    public let options: SessionOptions
    /// The extranonce for jobs from now on.
    public internal(set) var extranonce1: Extranonce1
    /// What the miner says that it is; cut to 128 bytes, empty where it says nothing.
    public internal(set) var agent = ""
    /// The workers that were authorized, in order.
    public internal(set) var workers: [String] = []
    /// The version bits that were agreed on; 0 before.
    public internal(set) var versionMask: UInt32 = 0

    /// A connection that begins.
    ///
    /// - Parameters:
    ///   - extranonce1: unique to it, see ``Extranonces``.
    ///   - work: the current work, where there is one.
    public init(extranonce1: Extranonce1, options: SessionOptions = SessionOptions(), work: Work? = nil, now: Instant) {
        self.options = options
        self.extranonce1 = extranonce1
    }

    /// How far it has come.
    public var state: State { .connected }
    /// The difficulty that jobs are issued with.
    public var difficulty: Double { 0 }
    /// Whether so many requests wait that nothing more should be read from the connection for now.
    public var isCongested: Bool { false }
    /// What to keep when the connection ends; nil where there is nothing to come back to.
    public var memory: SessionMemory? { nil }

    /// Takes a line, without its end.
    public mutating func receive(line: some Collection<UInt8>, now: Instant) -> [Action] { [] }
    /// Takes the decision on the worker of the last ``Action/authorize(user:password:)``.
    public mutating func authorized(_ authorization: Authorization, now: Instant) -> [Action] { [] }
    /// Takes the memory that ``Action/recall(session:)`` asked for.
    public mutating func recalled(_ memory: SessionMemory?, now: Instant) -> [Action] { [] }
    /// Takes the result of a check.
    public mutating func checked(_ id: CheckID, _ result: ShareResult, now: Instant) -> [Action] { [] }
    /// Takes new work. The work that it has already is confirmed by this, and not issued again unless `clean`.
    ///
    /// - Parameter clean: whether what was mined so far is worthless: the tip has changed.
    public mutating func work(_ work: Work, clean: Bool, now: Instant) -> [Action] { [] }
    /// Looks at the time: missing shares, old jobs, long silence. To be called about every second.
    public mutating func tick(now: Instant) -> [Action] { [] }

    /// Shows the miner's owner a message, where the miner does.
    public mutating func showMessage(_ text: String, now: Instant) -> [Action] { [] }
    /// Asks the miner to connect elsewhere. Without a host it is asked to come back here, which some ignore.
    public mutating func reconnect(host: String? = nil, port: UInt16? = nil, wait: Duration = .zero, now: Instant)
        -> [Action]
    { [] }
    /// Asks the miner what it is; the answer becomes the agent.
    public mutating func askVersion(now: Instant) -> [Action] { [] }
    /// Asks for a sign of life.
    public mutating func ping(now: Instant) -> [Action] { [] }
    /// Gives another extranonce for jobs from now on, and issues one; a miner that did not subscribe to that has to come again.
    public mutating func setExtranonce(_ extranonce1: Extranonce1, now: Instant) -> [Action] { [] }
}
