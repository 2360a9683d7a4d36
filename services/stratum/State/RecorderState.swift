/// What is to be written to the shared state: collected here, taken away in batches. A value; time is a parameter.
///
/// Totals, which are those of refused shares, are never written twice: a batch stays as it is, with its number, until it is known to be written, and what comes meanwhile goes
/// into the next one. While nothing can be written totals are merged by minute, up to a bound.
struct RecorderState: Sendable {
    /// Shares of one worker with one outcome in one minute.
    struct TotalKey: Sendable, Hashable {
        /// Unix time in whole minutes.
        var minute: Int64
        var worker: String
        var outcome: ShareRecord.Outcome
    }

    /// How many shares, and the sum of their difficulties.
    struct Total: Sendable, Hashable {
        var count: Int
        var difficulty: Double
    }

    /// What one script writes.
    struct Batch: Sendable, Hashable {
        /// Counts the batches of this life, from 1 on.
        var number: Int
        var totals: [TotalKey: Total] = [:]
        var connections: [ConnectionInfo] = []
        var gone: [String] = []
        var blocks: [BlockNote] = []
    }

    /// Who found a block.
    struct BlockNote: Sendable, Hashable {
        var hash: String
        var height: Int
        var jobID: String
        var worker: String
        var foundAtMilliseconds: Int64
    }

    /// The bounds.
    enum Limit {
        /// Minutes that are kept while nothing can be written.
        static let minutes: Int64 = 60
        /// Totals that are kept.
        static let totals = 100_000
        /// Totals in a batch.
        static let totalsInBatch = 5_000
        /// Connections in a batch, and connections that are gone.
        static let connectionsInBatch = 2_000
        /// Gone connections that are remembered; more of them end by their expiry.
        static let gone = 20_000
        /// Blocks that are remembered.
        static let blocks = 256
        /// Bytes of a worker's name or an agent; miners choose them.
        static let textBytes = 128
    }

    /// How often a connection is written that has not changed; it expires after three times as long.
    static let renewal: Duration = .seconds(30)

    private struct Known: Sendable {
        var connection: ConnectionInfo
        var isDirty = true
        /// Whether the shared state may have it.
        var mayBeThere = false
        /// When it was put into a batch last; nil before.
        var written: ContinuousClock.Instant?
    }

    private var known: [String: Known] = [:]
    /// Ids to be written, in the order of their change; may name some that are gone, and some twice.
    private var dirty: [String] = []
    private var gone: Set<String> = []
    private var totals: [TotalKey: Total] = [:]
    private var newestMinute: Int64 = 0
    private var blocks: [BlockNote] = []
    private var inFlight: Batch?
    private var nextNumber = 1
    private var nextRenewal: ContinuousClock.Instant?
    private var rate = RateWindow()
    private var lost = 0

    /// The connections there are.
    var connectionCount: Int { known.count }

    /// The ids that wait to be written, those included that need it no more.
    var waitingIDs: Int { dirty.count }

    /// Shares of all outcomes in a second, over the last ten.
    mutating func sharesPerSecond(at now: ContinuousClock.Instant) -> Double { rate.perSecond(now: now) }

    /// How many shares had to be given up since this was asked last.
    mutating func takeLost() -> Int {
        defer { lost = 0 }
        return lost
    }

    /// A connection is new or has changed.
    mutating func put(_ connection: ConnectionInfo) {
        let old = known[connection.id]
        // It came back before its end was written: a batch writes first and removes then.
        let isBack = gone.remove(connection.id) != nil
        if old?.isDirty != true {
            if dirty.count > 2 * known.count + Limit.connectionsInBatch { compact() }
            dirty.append(connection.id)
        }
        known[connection.id] = Known(
            connection: connection, mayBeThere: isBack || old?.mayBeThere == true, written: old?.written)
    }

    /// A connection is gone. One that was never written leaves no trace.
    ///
    /// It takes the same time however many there are: a network that breaks ends all at once.
    mutating func remove(_ id: String) {
        guard let old = known.removeValue(forKey: id) else { return }
        if old.mayBeThere, gone.count < Limit.gone { gone.insert(id) }
    }

    /// Forgets the ids that are not to be written any more. Called when they may be more than half of all.
    private mutating func compact() {
        var seen: Set<String> = []
        dirty.removeAll { known[$0]?.isDirty != true || !seen.insert($0).inserted }
    }

    /// Counts a share: all for the rate, those that were refused for the totals. What was accepted is counted from the queue.
    mutating func count(_ share: ShareRecord, at now: ContinuousClock.Instant) {
        rate.count(now: now)
        guard share.outcome != .accepted else { return }
        let minute = share.atMilliseconds / 60_000
        if minute > newestMinute {
            newestMinute = minute
            giveUp { $0.minute <= minute - Limit.minutes }
        }
        let worker = share.worker.shortened(to: Limit.textBytes)
        let key = TotalKey(minute: minute, worker: worker, outcome: share.outcome)
        if totals[key] == nil, totals.count >= Limit.totals, let oldest = totals.keys.lazy.map(\.minute).min() {
            giveUp { $0.minute == oldest }
        }
        let old = totals[key] ?? Total(count: 0, difficulty: 0)
        let difficulty = share.difficulty.isFinite ? share.difficulty : 0
        totals[key] = Total(count: old.count + 1, difficulty: old.difficulty + difficulty)
    }

    /// Remembers who found a block.
    mutating func note(_ block: BlockNote) {
        if blocks.count >= Limit.blocks { blocks.removeFirst() }
        blocks.append(block)
    }

    /// What to write now: the batch that could not be written before, or a new one.
    mutating func batch(at now: ContinuousClock.Instant) -> Batch {
        if let inFlight { return inFlight }
        renew(at: now)
        var batch = Batch(number: nextNumber, blocks: blocks)
        nextNumber += 1
        blocks = []
        takeTotals(into: &batch)
        takeConnections(into: &batch, at: now)
        batch.gone = Array(gone.prefix(Limit.connectionsInBatch))
        gone.subtract(batch.gone)
        inFlight = batch
        return batch
    }

    /// How many shares are in no batch that was written.
    var unwrittenShares: Int {
        totals.values.reduce(0) { $0 + $1.count } + (inFlight?.totals.values.reduce(0) { $0 + $1.count } ?? 0)
    }

    /// Whether there is something that only another batch would write: totals, blocks, ends of connections.
    var hasMore: Bool { inFlight != nil || !totals.isEmpty || !blocks.isEmpty || !gone.isEmpty }

    /// The batch is written.
    mutating func written() {
        inFlight = nil
    }

    private mutating func takeTotals(into batch: inout Batch) {
        guard totals.count > Limit.totalsInBatch else {
            batch.totals = totals
            totals = [:]
            return
        }
        // The oldest first: they are the first that would be given up.
        for key in totals.keys.sorted(by: { $0.minute < $1.minute }).prefix(Limit.totalsInBatch) {
            batch.totals[key] = totals.removeValue(forKey: key)
        }
    }

    private mutating func takeConnections(into batch: inout Batch, at now: ContinuousClock.Instant) {
        var taken = 0
        for id in dirty {
            guard batch.connections.count < Limit.connectionsInBatch else { break }
            taken += 1
            guard let entry = known[id], entry.isDirty else { continue }
            known[id]?.isDirty = false
            known[id]?.mayBeThere = true
            known[id]?.written = now
            batch.connections.append(entry.connection)
        }
        dirty.removeFirst(taken)
    }

    /// Looks now and then which connections have been quiet for so long that they would expire.
    private mutating func renew(at now: ContinuousClock.Instant) {
        guard nextRenewal.map({ now >= $0 }) ?? true else { return }
        nextRenewal = now + Self.renewal / 6
        for (id, entry) in known where !entry.isDirty && entry.written.map({ now - $0 >= Self.renewal }) ?? true {
            known[id]?.isDirty = true
            dirty.append(id)
        }
    }

    private mutating func giveUp(where isOld: (TotalKey) -> Bool) {
        for (key, total) in totals where isOld(key) {
            totals[key] = nil
            lost += total.count
        }
    }
}

extension String {
    /// The text itself, or its beginning where it has more bytes; never half a character.
    func shortened(to bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: bytes)
        while end > startIndex, end.samePosition(in: self) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
