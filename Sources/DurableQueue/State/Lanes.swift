internal import DequeModule

/// Who may run next. Entries without a key stand in one line; those with one stand in a lane of their own, whose head takes turns with the
/// others, and of which nothing runs while something of it does or waits for a retry.
struct Lanes: Sendable {
    private enum Turn: Sendable {
        case entry(EntryIdentity)
        case lane(String)
    }

    private struct Lane: Sendable {
        var entries: Deque<EntryIdentity> = []
        var isWaitingForTurn = false
        /// A batch has entries of it.
        var isRunning = false
        /// Its first entry waits for a retry.
        var blockedBy: EntryIdentity?
    }

    private var turns: Deque<Turn> = []
    private var lanes: [String: Lane] = [:]
    /// Lanes from which the batch that is being put together has taken: it may go on taking.
    private var open: Set<String> = []
    private var removed: Set<EntryIdentity> = []

    mutating func add(_ identity: EntryIdentity, key: String?) {
        guard let key else { return turns.append(.entry(identity)) }
        var lane = lanes[key] ?? Lane()
        if lane.blockedBy == identity {
            lane.blockedBy = nil
        } else {
            lane.entries.append(identity)
        }
        lanes[key] = lane
        offerTurn(key)
    }

    /// Puts an entry that was taken back to the front.
    mutating func putBack(_ identity: EntryIdentity, key: String?) {
        guard let key else { return turns.prepend(.entry(identity)) }
        lanes[key, default: Lane()].entries.prepend(identity)
        offerTurn(key)
    }

    /// Puts an entry that failed back to the front of its lane, which waits until it is added again.
    mutating func block(_ key: String, with identity: EntryIdentity) {
        lanes[key, default: Lane()].entries.prepend(identity)
        lanes[key]?.blockedBy = identity
    }

    /// The entry that is next.
    var first: EntryIdentity? {
        mutating get {
            while let turn = turns.first {
                switch turn {
                case .entry(let identity):
                    guard removed.remove(identity) != nil else { return identity }
                case .lane(let key):
                    if let lane = lanes[key], !lane.isRunning || open.contains(key), lane.blockedBy == nil,
                        let identity = lane.entries.first
                    {
                        return identity
                    }
                    lanes[key]?.isWaitingForTurn = false
                    tidy(key)
                }
                turns.removeFirst()
            }
            return nil
        }
    }

    /// Takes the entry that is next. Its lane stays at the front for the rest of the batch.
    mutating func takeFirst() {
        switch turns.first {
        case .entry: turns.removeFirst()
        case .lane(let key):
            lanes[key]?.entries.removeFirst()
            lanes[key]?.isRunning = true
            open.insert(key)
        case nil: break
        }
    }

    /// The batch is complete. A lane of which more is left takes its next turn behind the others.
    mutating func endBatch() {
        if case .lane(let key) = turns.first, open.contains(key) {
            turns.removeFirst()
            lanes[key]?.isWaitingForTurn = false
        }
        open.removeAll()
    }

    /// A batch has entries of a lane since before.
    mutating func hold(_ key: String) { lanes[key, default: Lane()].isRunning = true }

    /// A batch that had entries of a lane has ended.
    mutating func free(_ key: String) {
        lanes[key]?.isRunning = false
        offerTurn(key)
        tidy(key)
    }

    /// Takes an entry out that somebody else has completed.
    mutating func remove(_ identity: EntryIdentity, key: String?) {
        if let key {
            if lanes[key]?.entries.first == identity {
                lanes[key]?.entries.removeFirst()
            } else {
                lanes[key]?.entries.removeAll { $0 == identity }
            }
            if lanes[key]?.blockedBy == identity { lanes[key]?.blockedBy = nil }
            offerTurn(key)
            tidy(key)
        } else {
            removed.insert(identity)
        }
        // Where readers complete everything, nobody ever asks who is next: what is done with must not gather.
        _ = first
    }

    /// How much there is in here.
    var size: Int { turns.count + lanes.count + removed.count }

    private mutating func offerTurn(_ key: String) {
        guard let lane = lanes[key], !lane.isWaitingForTurn, !lane.isRunning, lane.blockedBy == nil,
            !lane.entries.isEmpty
        else { return }
        lanes[key]?.isWaitingForTurn = true
        turns.append(.lane(key))
    }

    private mutating func tidy(_ key: String) {
        guard let lane = lanes[key], lane.entries.isEmpty, !lane.isRunning, !lane.isWaitingForTurn else { return }
        lanes[key] = nil
    }
}
