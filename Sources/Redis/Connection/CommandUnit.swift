/// What goes on the wire as one piece and ends as one: a command, a pipeline, or a transaction.
struct CommandUnit: Sendable {
    let id: UInt64
    /// What it is called in errors.
    let name: String
    /// RESP, with nothing between its commands.
    let encoded: [UInt8]
    /// How many replies answer it. With one, that is the result; with more, their array is.
    let replyCount: Int
    /// Whether it waits for a connection until its deadline, or fails at once without one.
    let waitsForConnection: Bool
    let deadline: Duration
}

/// Units that were sent, in the order in which their replies come, and what has come of the first.
struct SentUnits {
    private struct Entry {
        let id: UInt64
        let name: String
        let byteCount: Int
        var missingReplies: Int
        let isSingle: Bool
    }

    private var entries = Fifo<Entry>()
    private var current: Entry?
    private var replies: [RedisValue] = []
    /// Units whose caller has gone: their replies are read and dropped.
    private var abandoned: Set<UInt64> = []
    private var names: [UInt64: String] = [:]
    private(set) var byteCount = 0

    var count: Int { entries.count + (current == nil ? 0 : 1) }

    mutating func append(_ unit: CommandUnit) {
        entries.append(
            Entry(
                id: unit.id, name: unit.name, byteCount: unit.encoded.count, missingReplies: unit.replyCount,
                isSingle: unit.replyCount == 1))
        names[unit.id] = unit.name
        byteCount += unit.encoded.count
    }

    /// Takes the next reply. Returns the unit that it completes, or nil; false when no reply was due.
    mutating func take(_ reply: RedisValue) -> (wasDue: Bool, completed: (id: UInt64, name: String, value: RedisValue)?)
    {
        guard var entry = current ?? entries.popFirst() else { return (false, nil) }
        entry.missingReplies -= 1
        if !entry.isSingle { replies.append(reply) }
        guard entry.missingReplies == 0 else {
            current = entry
            return (true, nil)
        }
        current = nil
        byteCount -= entry.byteCount
        names[entry.id] = nil
        let value = entry.isSingle ? reply : .array(replies)
        replies = []
        if abandoned.remove(entry.id) != nil { return (true, nil) }
        return (true, (entry.id, entry.name, value))
    }

    /// The caller no longer waits; the name of the unit if it was waiting until now.
    mutating func abandon(_ id: UInt64) -> String? {
        guard let name = names[id], abandoned.insert(id).inserted else { return nil }
        return name
    }

    /// Forgets everything, and returns the units that somebody still waits for, oldest first.
    mutating func removeAll() -> [(id: UInt64, name: String)] {
        let waiting = names.filter { !abandoned.contains($0.key) }.sorted { $0.key < $1.key }
        self = SentUnits()
        return waiting.map { ($0.key, $0.value) }
    }
}
