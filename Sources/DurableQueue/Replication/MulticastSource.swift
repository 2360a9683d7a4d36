internal import DequeModule

/// An origin's side where every member runs every entry: sends each entry to every member until it holds it, and knows who ended what.
///
/// A value without I/O. Entries are on the own disk before ``add(_:bytes:now:)``. A member belongs to the group from the first time it is there
/// until it was away for ``ReplicationConfiguration/forgetMemberAfter``.
public struct MulticastSource: Sendable {
    /// What has to be done.
    public enum Action: Sendable, Hashable {
        /// Write who is in the group, before anything that is taken in later.
        case members(Set<MemberID>)
        /// Read these from the store and send them.
        case read([UInt64], for: MemberID)
        /// Ask what became of these, and be heard of.
        case ask(SequenceSet, of: MemberID)
        /// Write what a member said, then say ``MulticastSource/recorded(ended:by:)`` of what it ended.
        case record(held: [UInt64], completed: [UInt64], dead: [UInt64], by: MemberID)
        /// Everybody who is there holds these: acknowledge them, then run them.
        case safe([UInt64])
    }

    private struct Peer: Sendable {
        /// What it does not hold.
        var lacking = SequenceSet()
        /// What it holds and has not ended.
        var unended = SequenceSet()
        /// What is to be sent, in order.
        var waiting: Deque<UInt64> = []
        var underway: [UInt64: Timestamp] = [:]
        var underwayBytes = 0
        var isThere = false
        /// Whether acknowledgements wait for it: one that comes back with much to catch up does not hold them up.
        var hasCaughtUp = false
        var heard: Timestamp
        /// When it was there last, whether it said anything or not.
        var lastThere: Timestamp
        var lastSent: Timestamp?
        var lastAsked: Timestamp?
    }

    private let configuration: ReplicationConfiguration
    private let isOrdered: Bool
    private var peers: [MemberID: Peer] = [:]
    /// The sequences from the first on that somebody still needs, in order.
    private var order: Deque<UInt64> = []
    /// How many need each of these.
    private var needs: [UInt64: (count: Int, bytes: Int)] = [:]
    private var unsafe: SequenceSet
    private var highest: UInt64

    /// What a store had at the start.
    ///
    /// - Parameters:
    ///   - members: the others in the group.
    ///   - isOrdered: whether a member is to get entries in order whatever is lost, so that only one batch is on its way.
    ///   - entries: the origin's own, in order.
    ///   - floor: below it everything was over when ``Action/members(_:)`` was written.
    ///   - unsafe: those of them that were never run: that they were acknowledged is not known.
    public init(
        members: Set<MemberID>, isOrdered: Bool, entries: [StoredEntry], floor: UInt64, unsafe: SequenceSet,
        highest: UInt64, configuration: ReplicationConfiguration, now: Timestamp
    ) {
        self.configuration = configuration
        self.isOrdered = isOrdered
        self.highest = highest
        self.unsafe = unsafe
        for member in members { peers[member] = Peer(heard: now, lastThere: now) }
        for entry in entries where entry.progress.hasPayload && entry.identity.sequence >= floor {
            let sequence = entry.identity.sequence
            var count = 0
            for member in members where !entry.progress.completedBy.contains(member) {
                count += 1
                if entry.progress.holders.contains(member) {
                    peers[member]?.unended.insert(sequence)
                } else {
                    peers[member]?.lacking.insert(sequence)
                    peers[member]?.waiting.append(sequence)
                }
            }
            order.append(sequence)
            needs[sequence] = (count, entry.header.payloadBytes)
        }
        leaveOver()
    }

    /// The others in the group.
    public var members: Set<MemberID> { Set(peers.keys) }

    /// Below this sequence everything is over at every member, on the own disk.
    public var floor: UInt64 { order.first ?? highest + 1 }

    /// How a member stands: what it does not hold, what it has not ended, and whether it is there.
    public func standing(of member: MemberID) -> (lacking: Int, unended: Int, isThere: Bool)? {
        peers[member].map { (Int(clamping: $0.lacking.count), Int(clamping: $0.unended.count), $0.isThere) }
    }

    /// An entry was taken in, and is on the own disk.
    public mutating func add(_ sequence: UInt64, bytes: Int, now: Timestamp) -> [Action] {
        highest = max(highest, sequence)
        unsafe.insert(sequence)
        if !peers.isEmpty {
            // Several may write to a store, so that one with a lower sequence comes a little later.
            let index = order.lastIndex { $0 < sequence }.map { $0 + 1 } ?? 0
            order.insert(sequence, at: index)
            needs[sequence] = (peers.count, bytes)
        }
        for member in peers.keys {
            peers[member]?.lacking.insert(sequence)
            peers[member]?.waiting.append(sequence)
        }
        return peers.keys.sorted().flatMap { send(to: $0, now: now) } + settle([sequence], now: now)
    }

    /// The own store knows these no longer: who has not got them does not get them.
    public mutating func drop(_ sequences: [UInt64]) {
        let dropped = Set(sequences.filter { needs[$0] != nil })
        guard !dropped.isEmpty else { return }
        for sequence in dropped {
            for member in peers.keys { end(sequence, at: member) }
            needs[sequence] = nil
        }
        order.removeAll { dropped.contains($0) }
    }

    /// A member has answered.
    public mutating func receive(
        _ progress: MulticastProgress, from member: MemberID, now: Timestamp
    ) -> [Action] {
        guard peers[member] != nil else { return [] }
        peers[member]?.heard = now
        var held: [UInt64] = []
        for sequence in progress.held.union(progress.completed).union(progress.dead) {
            guard peers[member]?.lacking.remove(sequence) == true else { continue }
            peers[member]?.unended.insert(sequence)
            arrived(sequence, at: member)
            held.append(sequence)
        }
        let isOpen = { (sequence: UInt64) in peers[member]?.unended.contains(sequence) ?? false }
        let (over, given) = (progress.completed.filter(isOpen), progress.dead.filter(isOpen))
        var actions: [Action] = []
        if !held.isEmpty || !over.isEmpty || !given.isEmpty {
            actions.append(.record(held: held, completed: over, dead: given, by: member))
        }
        noteCatchingUp(member)
        return actions + send(to: member, now: now) + settle(held, now: now)
    }

    private mutating func arrived(_ sequence: UInt64, at member: MemberID) {
        guard peers[member]?.underway.removeValue(forKey: sequence) != nil else { return }
        peers[member]?.underwayBytes -= needs[sequence]?.bytes ?? 0
    }

    /// What a member ended is on the own disk.
    public mutating func recorded(ended sequences: [UInt64], by member: MemberID) {
        for sequence in sequences { end(sequence, at: member) }
    }

    private mutating func end(_ sequence: UInt64, at member: MemberID) {
        arrived(sequence, at: member)
        let wasLacking = peers[member]?.lacking.remove(sequence) == true
        guard peers[member]?.unended.remove(sequence) == true || wasLacking else { return }
        needs[sequence]?.count -= 1
        leaveOver()
    }

    private mutating func leaveOver() {
        while let first = order.first, needs[first]?.count ?? 0 == 0 {
            order.removeFirst()
            needs[first] = nil
        }
    }

    /// Lets time pass; to be called several times in a heartbeat.
    public mutating func tick(reachable: Set<MemberID>, now: Timestamp) -> [Action] {
        let before = members
        for member in reachable where peers[member] == nil {
            // Without holes, so that what it is to get can be told later by where it began.
            for sequence in order { needs[sequence]?.count += 1 }
            peers[member] = Peer(lacking: SequenceSet(order), waiting: order, heard: now, lastThere: now)
        }
        for member in members.sorted() { notePresence(of: member, reachable.contains(member), now: now) }
        var actions: [Action] = members == before ? [] : [.members(members)]
        for member in members.sorted() where peers[member]?.isThere == true {
            sendAgain(to: member, now: now)
            noteCatchingUp(member)
            actions += send(to: member, now: now) + ask(member, now: now)
        }
        return actions + settle(unsafe, now: now)
    }

    private mutating func notePresence(of member: MemberID, _ isThere: Bool, now: Timestamp) {
        guard let peer = peers[member] else { return }
        if isThere, !peer.isThere {
            peers[member]?.heard = now
            peers[member]?.hasCaughtUp = false
        }
        peers[member]?.isThere = isThere
        if isThere { peers[member]?.lastThere = now }
        guard !isThere, now - peer.lastThere >= configuration.forgetMemberAfter else { return }
        for sequence in peer.lacking.union(peer.unended) { end(sequence, at: member) }
        peers[member] = nil
    }

    /// What was sent long ago and is not held was lost.
    private mutating func sendAgain(to member: MemberID, now: Timestamp) {
        let lost = (peers[member]?.underway ?? [:]).filter { now - $0.value >= configuration.resendAfter }.keys.sorted()
        for sequence in lost.reversed() {
            arrived(sequence, at: member)
            peers[member]?.waiting.prepend(sequence)
        }
    }

    private mutating func noteCatchingUp(_ member: MemberID) {
        guard let peer = peers[member], peer.isThere, peer.lacking.count <= UInt64(configuration.windowRecords) else {
            return
        }
        peers[member]?.hasCaughtUp = true
    }

    private mutating func send(to member: MemberID, now: Timestamp) -> [Action] {
        guard var peer = peers.removeValue(forKey: member) else { return [] }
        defer { peers[member] = peer }
        guard peer.isThere, !isOrdered || peer.underway.isEmpty else { return [] }
        let mostRecords = isOrdered ? configuration.batchRecords : configuration.windowRecords
        let mostBytes = isOrdered ? configuration.batchBytes : 16 * configuration.batchBytes
        var chosen: [UInt64] = []
        while let sequence = peer.waiting.first, peer.underway.count < mostRecords {
            guard peer.lacking.contains(sequence), let bytes = needs[sequence]?.bytes else {
                peer.waiting.removeFirst()
                continue
            }
            guard peer.underway.isEmpty || peer.underwayBytes + bytes <= mostBytes else { break }
            peer.waiting.removeFirst()
            peer.underway[sequence] = now
            peer.underwayBytes += bytes
            chosen.append(sequence)
        }
        return stride(from: 0, to: chosen.count, by: configuration.batchRecords).map { start in
            .read(Array(chosen[start..<min(start + configuration.batchRecords, chosen.count)]), for: member)
        }
    }

    /// The most that is asked for at once; the rest comes later.
    private static let mostAsked = 10_000

    private mutating func ask(_ member: MemberID, now: Timestamp) -> [Action] {
        guard let peer = peers[member], peer.lastSent.map({ now - $0 >= configuration.heartbeat }) ?? true else {
            return []
        }
        peers[member]?.lastSent = now
        let isDue = peer.lastAsked.map { now - $0 >= configuration.resendAfter } ?? true
        if isDue { peers[member]?.lastAsked = now }
        return [.ask(isDue ? peer.unended.first(Self.mostAsked) : [], of: member)]
    }

    /// Who is there, answers, and is not far behind has to hold what is acknowledged.
    private func counts(_ peer: Peer, now: Timestamp) -> Bool {
        peer.isThere && peer.hasCaughtUp && now - peer.heard < configuration.lease
    }

    private mutating func settle(_ sequences: some Sequence<UInt64>, now: Timestamp) -> [Action] {
        let counting = peers.values.filter { counts($0, now: now) }
        let isSafe = { (sequence: UInt64) in !counting.contains { $0.lacking.contains(sequence) } }
        // One that does not count any more may have been all that others before these waited for.
        let safe =
            isOrdered ? unsafe.prefix(while: isSafe) : sequences.filter { unsafe.contains($0) && isSafe($0) }
        unsafe = unsafe.subtracting(SequenceSet(safe))
        return safe.isEmpty ? [] : [.safe(safe)]
    }
}
