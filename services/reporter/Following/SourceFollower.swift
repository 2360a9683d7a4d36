internal import Mining

/// How one source is followed: read from its cursor on, counted in batches, completed there once it is counted. A value: what happened goes in,
/// what is to be done comes out; time and chance are parameters.
///
/// At most one of each kind of action is under way. What was read and is not counted yet is bounded, so that a Redis that is away leaves the
/// rest on the source's disk.
struct SourceFollower: Sendable {
    /// The bounds.
    struct Limits: Sendable, Equatable {
        /// Shares in a batch; a chunk that alone has more is one batch.
        var batchShares = 5_000
        /// How long the first share of a batch waits for others.
        var gatherFor: Duration = .milliseconds(100)
        /// How often the source is told how far it is counted, though nothing came: it forgets nothing that nobody confirms. Those that have
        /// copies hear of it as often, and no oftener.
        var confirmEvery: Duration = .seconds(60)
        /// How long what Redis said of the cursor is good enough to tell the source.
        var trustFor: Duration = .seconds(10)
    }

    /// What is to be done.
    enum Action: Sendable, Equatable {
        /// Ask Redis where the cursor stands.
        case askCursor
        /// Open a stream of what comes after; the last one is given up.
        case open(after: UInt64, stream: Int)
        /// Take the next chunk of the stream.
        case read(stream: Int)
        /// Count the batch, once more perhaps.
        case count(ShareBatch)
        /// Tell the source that all up to here is counted, as Redis has just said; again and again, so that it may forget it.
        case complete(through: UInt64)
        /// Tell the same to whoever else has entries of the source: copies that nobody reads leave by this alone.
        case completeCopies(through: UInt64)
        /// Come back after that time, with ``Event/time``.
        case wait(Duration)
    }

    /// What happened. Failures come in words.
    enum Event: Sendable, Equatable {
        case cursor(UInt64)
        case cursorFailed(String)
        case chunk(stream: Int, Chunk)
        case ended(stream: Int, String)
        case outcome(BatchOutcome)
        case countFailed(String)
        case completed
        case completeFailed(String)
        case time
    }

    /// Shares that follow each other in the source.
    struct Chunk: Sendable, Equatable {
        var after: UInt64
        var upTo: UInt64
        var shares: [PoolShare] = []
    }

    /// Tries after failures.
    private struct Tries: Sendable {
        var failures = 0
        var notBefore: ContinuousClock.Instant?

        mutating func failed(_ now: ContinuousClock.Instant, _ jitter: Double) {
            failures += 1
            notBefore = now + Backoff().pause(afterFailures: failures, jitter: jitter)
        }

        func isDue(_ now: ContinuousClock.Instant) -> Bool { notBefore.map { now >= $0 } ?? true }
    }

    private let origin: String
    private let limits: Limits

    /// Where the cursor in Redis stands, as far as it is known.
    private(set) var cursor: UInt64?
    /// How far was read; what comes next is behind it.
    private(set) var readTo: UInt64 = 0
    /// What went wrong last and has not gone right since.
    private(set) var problem: String?
    /// How often it had to begin again at a cursor that somebody else, or a lost write, had moved.
    private(set) var rewinds = 0

    private var isAsking = false
    private var checksCursor = false
    private var stream: Int?
    private var lastStream = 0
    private var isReading = false
    private var waiting: [Chunk] = []
    private var waitingShares = 0
    private var gatheringSince: ContinuousClock.Instant?
    private var batch: ShareBatch?
    private var isCounting = false
    private var completedThrough: UInt64 = 0
    private var completedAt: ContinuousClock.Instant?
    private var completing: UInt64?
    private var copiesToldAt: ContinuousClock.Instant?
    /// When Redis said last that the cursor stands where ``cursor`` has it.
    private var confirmedAt: ContinuousClock.Instant?
    private var wakes: Set<ContinuousClock.Instant> = []
    private var (asks, opens, counts, completions) = (Tries(), Tries(), Tries(), Tries())

    /// - Parameter origin: The source's store, as its cursor is named.
    init(origin: String, limits: Limits = Limits()) {
        self.origin = origin
        self.limits = limits
    }

    /// Shares that were read and are not counted yet.
    var pendingShares: Int { waitingShares + (batch?.shares.count ?? 0) }

    // MARK: What is to be done

    /// What is to be begun now.
    mutating func actions(now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = []
        if cursor != nil {
            formBatch(now)
            if let batch, !isCounting, counts.isDue(now) {
                isCounting = true
                actions.append(.count(batch))
            }
            actions += completing(now)
            actions += reading(now)
        }
        if cursor == nil || checksCursor, !isAsking, asks.isDue(now) {
            isAsking = true
            checksCursor = false
            actions.append(.askCursor)
        }
        return actions + waking(now)
    }

    private mutating func formBatch(_ now: ContinuousClock.Instant) {
        guard batch == nil, let cursor, let since = gatheringSince else { return }
        guard waitingShares >= limits.batchShares || now >= since + limits.gatherFor else { return }
        var forming = ShareBatch(origin: origin, after: cursor, upTo: cursor)
        var taken = 0
        for chunk in waiting {
            guard taken == 0 || forming.shares.count + chunk.shares.count <= limits.batchShares else { break }
            forming.shares += chunk.shares
            forming.upTo = chunk.upTo
            taken += 1
        }
        waiting.removeFirst(taken)
        waitingShares -= forming.shares.count
        gatheringSince = waiting.isEmpty ? nil : now
        batch = forming
    }

    /// Tells the source how far it is counted: when that is further than it was told, and every now and then.
    ///
    /// The source forgets what has been confirmed for long. So nothing is told that Redis has not said just now: it may have lost writes
    /// since, and what is lost has to be read again.
    private mutating func completing(_ now: ContinuousClock.Instant) -> [Action] {
        guard let cursor, completing == nil, completions.isDue(now) else { return [] }
        guard cursor > completedThrough || confirmationIsDueAt.map({ now >= $0 }) ?? false else { return [] }
        guard let confirmedAt, now < confirmedAt + limits.trustFor else {
            // A batch that is on its way finds out itself.
            if isIdle, !isAsking { checksCursor = true }
            return []
        }
        completing = cursor
        var actions = [Action.complete(through: cursor)]
        if copiesToldAt.map({ now >= $0 + limits.confirmEvery }) ?? true {
            copiesToldAt = now
            actions.append(.completeCopies(through: cursor))
        }
        return actions
    }

    /// When the source has to be told again what it was told; nil while there is nothing to tell.
    private var confirmationIsDueAt: ContinuousClock.Instant? {
        guard let cursor, cursor > 0, completing == nil else { return nil }
        return completedAt.map { $0 + limits.confirmEvery }
    }

    /// Whether nothing is on its way to Redis.
    private var isIdle: Bool { batch == nil && waiting.isEmpty }

    private mutating func reading(_ now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = []
        if stream == nil, opens.isDue(now) {
            lastStream += 1
            stream = lastStream
            isReading = false
            actions.append(.open(after: readTo, stream: lastStream))
        }
        if let stream, !isReading, waitingShares < 2 * limits.batchShares {
            isReading = true
            actions.append(.read(stream: stream))
        }
        return actions
    }

    /// The next moment at which something becomes due, unless an earlier one is waited for already.
    private mutating func waking(_ now: ContinuousClock.Instant) -> [Action] {
        var moments = [asks.notBefore]
        if stream == nil { moments.append(opens.notBefore) }
        if batch != nil {
            moments.append(counts.notBefore)
        } else {
            moments.append(gatheringSince.map { $0 + limits.gatherFor })
        }
        if completing == nil { moments.append(completions.notBefore) }
        moments.append(confirmationIsDueAt)
        wakes = wakes.filter { $0 > now }
        guard let next = moments.compactMap(\.self).filter({ $0 > now }).min() else { return [] }
        if let first = wakes.min(), first <= next { return [] }
        wakes.insert(next)
        return [.wait(next - now)]
    }

    // MARK: What happened

    /// Takes in what happened.
    ///
    /// - Parameter jitter: in 0..<1, for the pause after a failure.
    mutating func take(_ event: Event, now: ContinuousClock.Instant, jitter: Double) {
        switch event {
        case .cursor(let value):
            isAsking = false
            asks = Tries()
            cursorStands(at: value, now)
        case .cursorFailed(let words):
            isAsking = false
            asks.failed(now, jitter)
            problem = words
        case .chunk(let stream, let chunk):
            guard stream == self.stream else { return }
            isReading = false
            read(chunk, now, jitter)
        case .ended(let stream, let words):
            guard stream == self.stream else { return }
            endStream(words, now, jitter)
        case .outcome(let outcome):
            isCounting = false
            took(outcome, now, jitter)
        case .countFailed(let words):
            isCounting = false
            counts.failed(now, jitter)
            problem = words
        case .completed:
            completedThrough = completing ?? completedThrough
            completedAt = now
            completing = nil
            completions = Tries()
        case .completeFailed(let words):
            completing = nil
            completions.failed(now, jitter)
            problem = words
        case .time: break
        }
    }

    private mutating func cursorStands(at value: UInt64, _ now: ContinuousClock.Instant) {
        guard cursor != nil else {
            rewind(to: value, now)
            return
        }
        // While something is on the way there, where the cursor stood a moment ago says nothing.
        guard isIdle else { return }
        confirmedAt = now
        guard value != readTo else { return }
        rewinds += 1
        rewind(to: value, now)
    }

    private mutating func read(_ chunk: Chunk, _ now: ContinuousClock.Instant, _ jitter: Double) {
        guard chunk.after == readTo, chunk.upTo >= chunk.after else {
            let words = "the source went on after \(chunk.after), where \(readTo) was asked for; it is asked again"
            return endStream(words, now, jitter)
        }
        opens = Tries()
        if counts.failures == 0 { problem = nil }
        guard chunk.upTo > chunk.after else {
            // A sign of life. Nothing comes: a good moment to see whether Redis still knows what was counted.
            checksCursor = true
            return
        }
        readTo = chunk.upTo
        waiting.append(chunk)
        waitingShares += chunk.shares.count
        if gatheringSince == nil { gatheringSince = now }
    }

    private mutating func endStream(_ words: String, _ now: ContinuousClock.Instant, _ jitter: Double) {
        stream = nil
        isReading = false
        opens.failed(now, jitter)
        problem = words
    }

    private mutating func took(_ outcome: BatchOutcome, _ now: ContinuousClock.Instant, _ jitter: Double) {
        guard let batch else { return }
        switch outcome {
        case .counted: break
        // An earlier try of the same batch had come through.
        case .refused(let cursor) where cursor == batch.upTo: break
        case .refused(let cursor):
            rewinds += 1
            rewind(to: cursor, now)
            // Somebody else may be counting the same source: not both at the same pace.
            opens.failed(now, jitter)
            return
        }
        cursor = batch.upTo
        confirmedAt = now
        self.batch = nil
        counts = Tries()
        problem = nil
    }

    /// Begins again behind the cursor that Redis has. What was read is forgotten: it is read again.
    private mutating func rewind(to cursor: UInt64, _ now: ContinuousClock.Instant) {
        self.cursor = cursor
        confirmedAt = now
        readTo = cursor
        stream = nil
        isReading = false
        waiting = []
        waitingShares = 0
        gatheringSince = nil
        batch = nil
        counts = Tries()
    }
}
