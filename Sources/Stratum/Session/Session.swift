public import Mining

/// One connection of a miner, as a value: lines, work and time in, actions out.
///
/// Replies leave in the order of the requests: a share waits for its hash, and the reply to what was asked behind it waits with it.
/// Authorization and the recalling of an earlier session are decided by the server; requests behind them are not even looked at before
/// that.
///
/// A job is issued under an id of its own each time: the first 8 digits of the job's content-addressed id, the 16 of the extranonce1,
/// which no other connection of any server ever has, and a hexadecimal number that counts the issues. So no id stands for two things,
/// across servers and restarts, and a share is checked against the difficulty that its job was issued with. Work is issued again, with a
/// later time, when the difficulty changes and when the connection was silent for long.
///
/// Source: the Stratum V1 of Slush Pool as miners speak it today, and BIP 310.
public struct Session: Sendable {
    /// The time that everything here is decided by.
    public typealias Instant = ContinuousClock.Instant

    /// What the connection is given.
    public let options: SessionOptions
    /// The extranonce for jobs from now on. It changes with ``recalled(_:now:)`` and ``setExtranonce(_:now:)``.
    public internal(set) var extranonce1: Extranonce1
    /// What the miner says that it is; cut to 128 bytes, empty where it says nothing.
    public internal(set) var agent = ""
    /// The workers that were authorized, in order.
    public internal(set) var workers: [String] = []
    /// The version bits that were agreed on; 0 before.
    public internal(set) var versionMask: UInt32 = 0

    // How far the miner has come, by what was asked and by what was answered.
    var isSubscribed = false
    var knowsSubscription = false
    var knowsAuthorization = false
    var takesExtranonce = false
    var wasRecalled = false
    var isClosed = false

    // What it mines.
    var vardiff: Vardiff
    var current: CurrentWork?
    var jobs = IssuedJobs()
    var announcedDifficulty: Double?
    var isIssueDue = false
    /// Whether the miner has had nothing to mine, so that no share could come.
    var isIdle = true

    // What it waits for.
    var replies = ReplyQueue()
    var shares: [CheckID: PendingShare] = [:]
    var checks: UInt64 = 0
    var decision: Decision?
    var backlog: [[UInt8]] = []
    var backlogBytes = 0
    var calls: Int64 = 0
    var versionCall: Int64?

    // What comes out.
    var outbox: [Action] = []
    var closing: CloseReason?
    /// When the last lines came that were no messages.
    var garbage: [Instant] = []
    var lastSent: Instant

    /// A connection that begins.
    ///
    /// - Parameters:
    ///   - extranonce1: unique to it, see ``Extranonces``.
    ///   - work: the current work, where there is one.
    ///   - known: when that work came to the server or was confirmed last; now, where it is not given.
    public init(
        extranonce1: Extranonce1, options: SessionOptions = SessionOptions(), work: Work? = nil, known: Instant? = nil,
        now: Instant
    ) {
        self.options = options
        self.extranonce1 = extranonce1
        vardiff = Vardiff(options.vardiff, now: now)
        lastSent = now
        current = work.map { CurrentWork($0, known: known ?? now) }
    }

    /// How far it has come.
    public var state: State {
        if isClosed { return .closed }
        guard isSubscribed, !workers.isEmpty else { return isSubscribed || !workers.isEmpty ? .subscribed : .connected }
        return jobs.isEmpty ? .waitingForJob : .mining
    }

    /// The difficulty that jobs are issued with.
    public var difficulty: Double {
        guard let current else { return vardiff.difficulty }
        // A block must not be lost because it is no share. Below the lowest difficulty a block is found every second anyway.
        // The miner's own wish does not count here: a share would be credited with more than the block that it may be.
        return min(vardiff.difficulty, max(current.networkDifficulty, options.vardiff.bounds.lowerBound))
    }

    /// Whether so many requests wait that nothing more should be read from the connection for now.
    public var isCongested: Bool { !isClosed && replies.count + backlog.count >= Self.congestion }
    private static let congestion = 64

    /// Takes a line, without its end.
    public mutating func receive(line: some Collection<UInt8>, now: Instant) -> [Action] {
        guard !isClosed else { return [] }
        if line.count > options.lineLimit {
            closing = .lineTooLong
        } else if decision != nil {
            wait(Array(line))
        } else {
            handle(Array(line), now: now)
        }
        return finish(now: now)
    }

    /// Ends the session with its connection: from now on only the shares at work are counted, and no line is looked at. A share that was
    /// taken afterwards would be unknown to the memory, and could be submitted once more.
    ///
    /// - Returns: what to keep for the miner to come back to, the shares at work being submitted there; nil where there is nothing.
    public mutating func end() -> SessionMemory? {
        isClosed = true
        forgetBacklog()
        guard knowsSubscription, !jobs.isEmpty else { return nil }
        return SessionMemory(extranonce1: extranonce1, vardiff: vardiff, jobs: jobs)
    }

    /// Looks at the time: missing shares, old jobs, long silence. To be called about every second.
    public mutating func tick(now: Instant) -> [Action] {
        guard !isClosed else { return [] }
        look(at: now)
        return finish(now: now)
    }
}

extension Session {
    /// What the server is to decide before anything else is looked at.
    enum Decision: Sendable {
        case authorization(id: JSONValue, ReplyQueue.Place, user: String, DifficultyArguments)
        case recall(id: JSONValue, ReplyQueue.Place)
    }

    /// Keeps a line until the server has decided.
    private mutating func wait(_ line: [UInt8]) {
        backlog.append(line)
        backlogBytes += line.count
        if backlogBytes > options.backlogLimit { closing = .tooManyRequests }
        watchPending()
    }

    private mutating func watchPending() {
        if replies.count + backlog.count > options.pendingLimit { closing = .tooManyRequests }
    }

    private mutating func handle(_ line: [UInt8], now: Instant) {
        guard !line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else { return }
        switch Message(line: line, limits: options.messageLimits) {
        case .request(let request): answer(request, now: now)
        case .response(let id, let result): take(result, of: id)
        case .wrong(let id, let problem): refuse(id, problem)
        case .garbage(let problem):
            refuse(.null, problem)
            let memory = options.garbageMemory
            garbage = garbage.filter { now - $0 < memory } + [now]
            if garbage.count >= options.garbageLimit { closing = .garbage }
        }
        watchPending()
    }

    private mutating func forgetBacklog() {
        backlog = []
        backlogBytes = 0
    }

    private mutating func refuse(_ id: JSONValue, _ problem: String) {
        replies.fill(replies.reserve(), Line.error(StratumError(.other, problem), to: id))
    }

    /// Goes on with the requests that waited for a decision.
    mutating func goOn(now: Instant) {
        decision = nil
        // A reply that left may have begun the mining; what waited finds the session as its miner does.
        flush(now: now)
        while decision == nil, closing == nil, !backlog.isEmpty {
            let line = backlog.removeFirst()
            backlogBytes -= line.count
            handle(line, now: now)
        }
    }

    mutating func send(_ line: [UInt8], now: Instant) {
        outbox.append(.send(line))
        lastSent = now
    }

    /// Lets the replies leave that are next, with what they begin.
    mutating func flush(now: Instant) {
        while let reply = replies.next() {
            send(reply.line, now: now)
            switch reply.effect {
            case .none: continue
            case .subscribed: knowsSubscription = true
            case .authorized: knowsAuthorization = true
            }
            if jobs.isEmpty || isIssueDue { issue(now: now) }
            if agent.isEmpty, knowsSubscription, knowsAuthorization { askVersion(now: now) }
        }
    }

    /// The actions since the last time.
    mutating func finish(now: Instant) -> [Action] {
        if !isClosed {
            flush(now: now)
            if let closing {
                outbox.append(.close(closing))
                isClosed = true
                forgetBacklog()
            }
        }
        defer { outbox = [] }
        return outbox
    }
}
