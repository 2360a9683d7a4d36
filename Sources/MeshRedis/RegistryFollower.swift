internal import Mesh
internal import Redis

/// What the snapshot script found.
struct RegistrySnapshot {
    var lastEvent = RedisStreamID.zero
    /// The number of the last event.
    var sequence: Int64 = 0
    /// What is listed, each with how long ago it was renewed.
    var listed: [(record: InstanceRecord, heartbeatAge: Duration)] = []
    var malformed: [(member: String, problem: MalformedRecord)] = []

    /// Reads the script's reply; nil when it is of another form.
    init?(_ reply: RedisValue) {
        guard let parts = reply.array, parts.count >= 3, let now = parts[0].integer,
            let last = parts[1].string.flatMap(RedisStreamID.init)
        else { return nil }
        lastEvent = last
        // Somebody else may have written the counter: then every event is a gap, and costs a snapshot.
        sequence = parts[2].integer ?? 0
        for part in parts.dropFirst(3) {
            guard let pair = part.array, pair.count == 2 else { return nil }
            add(pair[0].string ?? "(not UTF-8)", pair[1], now: now)
        }
    }

    private mutating func add(_ member: String, _ value: RedisValue, now: Int64) {
        guard let name = RegistryKeys.name(ofMember: member) else {
            malformed.append((member, MalformedRecord(field: "name")))
            return
        }
        switch RecordFields.record(name, [String: RedisValue](alternating: value) ?? [:]) {
        case .success(let record):
            let heartbeat = value.pairs?.first { $0.name == "heartbeat" }?.value.integer ?? now
            listed.append((record, .milliseconds(max(now &- heartbeat, 0))))
        case .failure(let problem):
            malformed.append((member, problem))
        }
    }
}

/// Decides what a watcher tells its consumer, and when it needs a new snapshot: at first, after a loss, after a gap in the events'
/// numbers (a trimmed, flushed or replaced stream shows as one), and every ten seconds in any case.
///
/// A restarted server needs no rule of its own: its restart breaks the connection.
struct RegistryFollower {
    enum Action {
        case tell(RegistryEvent)
        case skipped(String, MalformedRecord)
    }

    static let snapshotInterval = Duration.seconds(10)

    private(set) var needsSnapshot = true
    private var sequence: Int64 = 0
    private var isUnreachable = false
    private var lastSnapshot: ContinuousClock.Instant?

    mutating func took(_ snapshot: RegistrySnapshot, now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = isUnreachable ? [.tell(.reachable)] : []
        isUnreachable = false
        needsSnapshot = false
        sequence = snapshot.sequence
        lastSnapshot = now
        actions += snapshot.malformed.map { .skipped($0.member, $0.problem) }
        actions.append(.tell(.snapshot(snapshot.listed.map(\.record))))
        return actions
    }

    mutating func failed(_ reason: String) -> [Action] {
        needsSnapshot = true
        guard !isUnreachable else { return [] }
        isUnreachable = true
        return [.tell(.unreachable(reason: reason))]
    }

    mutating func heard(_ event: RedisStreamEvent, now: ContinuousClock.Instant) -> [Action] {
        if let lastSnapshot, now - lastSnapshot >= Self.snapshotInterval { needsSnapshot = true }
        switch event {
        case .idle: return []
        case .disconnected(let error): return failed(error.message)
        case .reconnected:
            needsSnapshot = true
            return []
        case .entry(let entry): return took(entry)
        }
    }

    private mutating func took(_ entry: RedisStreamEntry) -> [Action] {
        let fields = [String: RedisValue](alternating: entry.fields) ?? [:]
        guard let number = fields["n"]?.integer else {
            return [.skipped("event \(entry.id)", MalformedRecord(field: "n"))]
        }
        guard number == sequence &+ 1 else {
            needsSnapshot = true
            return []
        }
        sequence = number
        do throws(MalformedRecord) {
            return [.tell(try event(fields))]
        } catch {
            return [.skipped("event \(entry.id)", error)]
        }
    }

    private func event(_ fields: [String: RedisValue]) throws(MalformedRecord) -> RegistryEvent {
        let name = InstanceName(service: fields["service"]?.string ?? "", instance: fields["instance"]?.string ?? "")
        guard RegistryKeys.isUsable(name) else { throw MalformedRecord(field: "name") }
        switch fields["kind"]?.string {
        case "join", "update": return .updated(try RecordFields.record(name, fields).get())
        case "leave": return .left(name, try RecordFields.epoch(fields))
        default: throw MalformedRecord(field: "kind")
        }
    }
}
