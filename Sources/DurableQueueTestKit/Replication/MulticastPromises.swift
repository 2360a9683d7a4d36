internal import DurableQueue
internal import FoundationEssentials

/// What a queue promises of which every member runs every entry, beside what its members do. As the replication page of the documentation has it:
///
/// 1. What is acknowledged is on the disk of its origin, and of every member that is there: not away, not silent for the lease, and, since
///    it came, not further behind than the window.
/// 2. It is run by every member that was in the group when it was acknowledged, unless that member is destroyed, or left out after a long
///    absence, or its origin is destroyed before it got it. One that was given up counts as run there.
/// 3. A member runs what is on its disk, one run at a time, and again only if a crash took the completion, or if it had not heard of the
///    origin for as long as members are remembered.
/// 4. Where the queue is ordered, entries of one origin with one key run in their order.
/// 5. Its origin forgets an entry only when all of these members have ended it.
/// 6. A member is left out only after it was away for as long as members are remembered.
/// 7. In the end nothing is left to be done or remembered: whoever lives has run what it is to, every origin knows it, and who was destroyed
///    is waited for no more. (That is seen by ``MulticastSimulation`` itself.)
struct MulticastPromises: Sendable {
    private struct Lane: Hashable { let origin: UUID, key: String }

    /// How a member looks from outside.
    private struct Member: Sendable {
        var origin: UUID?
        var isDestroyed = false
        /// What was ever on its disk.
        var held: Set<EntryIdentity> = []
        /// What it ever completed or gave up.
        var ended: Set<EntryIdentity> = []
        /// Of these, what no crash has taken back.
        var known: Set<EntryIdentity> = []
        var running: Set<EntryIdentity> = []
        /// What it ever began to run.
        var begun: Set<EntryIdentity> = []
        var lastRun: [Lane: UInt64] = [:]
        /// When it heard last of an origin.
        var heard: [UUID: Timestamp] = [:]
        /// How it sees the others as an origin.
        var peers: [MemberID: Peer] = [:]
        /// Who is in its group by its disk, and by what was written last.
        var group: Set<MemberID> = []
        var nextGroup: Set<MemberID> = []
    }

    private struct Peer: Sendable {
        var isThere = false
        var hasCaughtUp = false
        var heard: Timestamp
        var lastThere: Timestamp
    }

    private let isOrdered: Bool
    private let forgetMemberAfter: Duration
    private var members: [MemberID: Member] = [:]
    private var keys: [EntryIdentity: String] = [:]
    private var highest: [UUID: UInt64] = [:]
    /// Who is to run what was acknowledged.
    private var owed: [EntryIdentity: Set<MemberID>] = [:]
    /// Who was left out since, so that its origin need not wait for it.
    private var excused: [EntryIdentity: Set<MemberID>] = [:]
    private(set) var acknowledged: Set<EntryIdentity> = []
    private(set) var leftOut = 0
    /// What did not hold.
    private(set) var violations: [String] = []

    init(isOrdered: Bool, forgetMemberAfter: Duration) {
        (self.isOrdered, self.forgetMemberAfter) = (isOrdered, forgetMemberAfter)
    }

    mutating func violate(_ what: String) { violations.append(what) }

    // MARK: Processes and machines

    mutating func started(_ name: MemberID, origin: UUID, _ disk: StoreModel, now: Timestamp) {
        members[name, default: Member()].origin = origin
        // What it had heard before counts from now on.
        members[name]?.heard = [:]
        for entry in disk.entries.keys { members[name]?.heard[entry.origin] = now }
        members[name]?.group = Self.group(disk, origin, name)
        members[name]?.nextGroup = Self.group(disk, origin, name)
        members[name]?.peers = [:]
        for other in members[name]?.group ?? [] { members[name]?.peers[other] = Peer(heard: now, lastThere: now) }
    }

    private static func group(_ disk: StoreModel, _ origin: UUID, _ name: MemberID) -> Set<MemberID> {
        (disk.marks[origin]?.roster?.members ?? []).subtracting([name])
    }

    /// The process ended, and this is what its disk has.
    mutating func stopped(_ name: MemberID, _ disk: StoreModel) {
        members[name]?.running = []
        let lost = members[name]?.known.filter { disk.entries[$0].map { !$0.stored.progress.isEnded } ?? false } ?? []
        members[name]?.known.subtract(lost)
    }

    mutating func destroyed(_ name: MemberID) { members[name]?.isDestroyed = true }

    func highestSequence(of origin: UUID) -> UInt64 { highest[origin] ?? 0 }

    // MARK: What members see of each other

    /// These are there for a member.
    mutating func sees(_ reachable: Set<MemberID>, _ name: MemberID, now: Timestamp) {
        for other in reachable.union(members[name]?.peers.keys.map { $0 } ?? []) {
            var peer = members[name]?.peers[other] ?? Peer(heard: now, lastThere: now)
            let isThere = reachable.contains(other)
            if isThere, !peer.isThere { (peer.heard, peer.hasCaughtUp) = (now, false) }
            if isThere { peer.lastThere = now }
            peer.isThere = isThere
            members[name]?.peers[other] = peer
        }
        // Who was not heard of for so long is another's to begin anew with.
        for (origin, heard) in members[name]?.heard ?? [:] where now - heard >= forgetMemberAfter {
            members[name]?.heard[origin] = nil
            let theirs = members[name]?.known.filter { $0.origin == origin } ?? []
            members[name]?.known.subtract(theirs)
        }
    }

    mutating func caughtUp(_ member: MemberID, with name: MemberID) { members[name]?.peers[member]?.hasCaughtUp = true }

    mutating func hears(
        _ message: ReplicaMessage, of origin: UUID, from sender: MemberID, _ name: MemberID, now: Timestamp
    ) {
        switch message {
        case .offer: members[name]?.heard[origin] = now
        case .progress: members[name]?.peers[sender]?.heard = now
        default: break
        }
    }

    // MARK: Entries

    mutating func takesIn(_ identity: EntryIdentity, key: String?) { keys[identity] = key }

    /// A member's process acknowledges an entry of its own.
    mutating func acknowledges(
        _ identity: EntryIdentity, _ name: MemberID, isOnDisk: Bool, lease: Duration, now: Timestamp
    ) {
        guard acknowledged.insert(identity).inserted, let member = members[name] else { return }
        if !isOnDisk {
            violate("\(identity) is acknowledged and not on the disk of its origin")
        }
        for (other, peer) in member.peers where peer.isThere && peer.hasCaughtUp && now - peer.heard < lease {
            guard members[other]?.held.contains(identity) != true else { continue }
            violate("\(identity) is acknowledged and not on the disk of \(short(other)), which is there")
        }
        let group = member.group.intersection(member.nextGroup)
        owed[identity] = group.filter { members[$0]?.isDestroyed == false }.union([name])
    }

    /// These are on the disk of a member.
    mutating func synced(_ records: [StoreRecord], _ name: MemberID) {
        for record in records {
            switch record {
            case .add(let entry):
                members[name]?.held.insert(entry.identity)
                let origin = entry.identity.origin
                if origin == members[name]?.origin {
                    highest[origin] = max(highest[origin] ?? 0, entry.identity.sequence)
                }
            case .mark(let mark, let origin) where origin == members[name]?.origin:
                members[name]?.group = (mark.roster?.members ?? []).subtracting([name])
            default: break
            }
        }
    }

    /// A member is about to write these.
    mutating func writes(_ records: [StoreRecord], _ name: MemberID, _ disk: StoreModel, now: Timestamp) {
        guard let origin = members[name]?.origin else { return }
        for record in records {
            switch record {
            case .complete(let identities, _, _): end(identities, name)
            case .bury(let identity, _): end([identity], name)
            case .forget(let identities):
                for identity in identities where identity.origin == origin { forgets(identity, name) }
            case .mark(let mark, of: origin):
                let group = (mark.roster?.members ?? []).subtracting([name])
                members[name]?.nextGroup = group
                for other in Self.group(disk, origin, name).subtracting(group) { leavesOut(other, name, now: now) }
            default: break
            }
        }
    }

    private mutating func end(_ identities: [EntryIdentity], _ name: MemberID) {
        members[name]?.ended.formUnion(identities)
        members[name]?.known.formUnion(identities)
    }

    private mutating func forgets(_ identity: EntryIdentity, _ name: MemberID) {
        let awaited = (owed[identity] ?? []).subtracting(excused[identity] ?? [])
        for other in awaited.sorted() where members[other]?.ended.contains(identity) != true {
            violate("\(identity) is forgotten by its origin, and \(short(other)) has not run it")
        }
    }

    private mutating func leavesOut(_ other: MemberID, _ name: MemberID, now: Timestamp) {
        leftOut += 1
        if let last = members[name]?.peers[other]?.lastThere, now - last < forgetMemberAfter {
            violate("\(short(other)) is left out by \(short(name)) after an absence of \(now - last)")
        }
        members[name]?.peers[other] = nil
        for (identity, who) in owed where identity.origin == members[name]?.origin && who.contains(other) {
            excused[identity, default: []].insert(other)
            if members[other]?.held.contains(identity) != true { owed[identity]?.remove(other) }
        }
    }

    /// A run of these begins; the answer is how many of them were run before.
    mutating func begins(_ identities: [EntryIdentity], _ name: MemberID, visible: StoreModel, synced: StoreModel)
        -> Int
    {
        var before: Set<EntryIdentity> = []
        for identity in identities {
            let what = "\(identity) is run by \(short(name))"
            if synced.entries[identity] == nil { violate("\(what) and is not on its disk") }
            if members[name]?.known.contains(identity) == true {
                violate("\(what) again, and nothing took the completion")
            }
            if members[name]?.running.insert(identity).inserted != true { violate("\(what) twice at once") }
            if isOrdered, let key = keys[identity] { checkOrder(identity, key, name, before, visible) }
            before.insert(identity)
        }
        return identities.count { members[name]?.ended.contains($0) == true }
    }

    private mutating func checkOrder(
        _ identity: EntryIdentity, _ key: String, _ name: MemberID, _ before: Set<EntryIdentity>, _ disk: StoreModel
    ) {
        let lane = Lane(origin: identity.origin, key: key)
        let isFirst = members[name]?.begun.insert(identity).inserted == true
        let last = members[name]?.lastRun[lane] ?? 0
        if isFirst, last > identity.sequence {
            violate("\(identity) is run by \(short(name)) for the first time after \(last), which has the same key")
        }
        members[name]?.lastRun[lane] = max(identity.sequence, last)
        let earlier = disk.entries.values.lazy.map(\.stored).filter {
            $0.identity.origin == identity.origin && $0.header.key == key && $0.identity < identity
                && !$0.progress.isEnded && !before.contains($0.identity)
        }
        if let other = earlier.first { violate("\(identity) is run by \(short(name)) before \(other.identity)") }
    }

    mutating func stops(_ identities: [EntryIdentity], _ name: MemberID) { members[name]?.running.subtract(identities) }

    mutating func checkAtTheEnd() {
        let origins = Dictionary(
            uniqueKeysWithValues: members.compactMap { name, member in member.origin.map { ($0, name) } })
        for identity in acknowledged.sorted() {
            let isOriginLost = origins[identity.origin].flatMap { members[$0]?.isDestroyed } ?? true
            for other in (owed[identity] ?? []).sorted() {
                guard let member = members[other], !member.isDestroyed, !member.ended.contains(identity),
                    !isOriginLost || member.held.contains(identity)
                else { continue }
                violate("\(identity) was acknowledged and is never run by \(short(other))")
            }
        }
    }
}
