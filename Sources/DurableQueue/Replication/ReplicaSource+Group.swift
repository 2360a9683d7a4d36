internal import FoundationEssentials

// Who is to be in the group: lost members are replaced, a small group grows, and nobody counts before it has caught up.
extension ReplicaSource {
    /// Chooses whom to bring into the group, if it is to change; they catch up before ``nextMembers(now:)`` names them.
    mutating func chooseMembers(_ reachable: Set<MemberID>, _ required: Set<MemberID>, now: Timestamp) {
        guard !roster.isChanging, !isPersistingRoster else { return }
        if let wanted, wanted.subtracting(roster.members).contains(where: { isTooSlow($0, now: now) }) {
            self.wanted = nil
        }
        guard wanted == nil else { return }
        let members = choice(reachable, required, now: now)
        guard members != roster.members, members.count > replicas else { return }
        wanted = members
        wantedSince = now
        updateFollowers(now: now)
    }

    private func choice(_ reachable: Set<MemberID>, _ required: Set<MemberID>, now: Timestamp) -> Set<MemberID> {
        let size = configuration.size(replicas: replicas)
        var members = roster.members
        var spares = MemberRanking(origin).sorted(reachable.subtracting(members).subtracting(required))
        for lost in members.filter({ isLost($0, now: now) }).sorted() where !spares.isEmpty {
            members.remove(lost)
            members.insert(spares.removeFirst())
        }
        for member in required.subtracting(members).sorted() {
            if members.count >= size, let last = MemberRanking(origin).sorted(members.subtracting(required)).last {
                members.remove(last)
            }
            members.insert(member)
        }
        if members.count <= replicas || now - lastChange >= configuration.growAfter {
            members.formUnion(spares.prefix(max(0, size - members.count)))
        }
        return members
    }

    /// A member that has long been silent makes room for one that is there.
    private func isLost(_ member: MemberID, now: Timestamp) -> Bool {
        member != epoch.owner && now - (followers[member]?.answered ?? start) >= configuration.replaceAfter
    }

    /// One that is to come in and does not answer makes room for another sooner.
    private func isTooSlow(_ member: MemberID, now: Timestamp) -> Bool {
        guard member != epoch.owner, let follower = followers[member] else { return false }
        return now - (follower.answered ?? follower.since) >= configuration.takeoverAfter * 2
    }

    /// The members that the group is to change to now: all that are wanted, once the new ones have caught up. Where the present ones are too few
    /// to make anything safe, as many as make them enough, after a while.
    func nextMembers(now: Timestamp) -> Set<MemberID>? {
        guard !roster.isChanging, !isPersistingRoster, let wanted else { return nil }
        let ready = wanted.filter { roster.members.contains($0) || $0 == epoch.owner || isUpToDate($0) }
        if ready == wanted { return wanted }
        let larger = roster.members.union(ready)
        guard roster.members.count <= replicas, larger.count > replicas,
            now - (wantedSince ?? now) >= configuration.growAfter
        else { return nil }
        return larger
    }

    private func isUpToDate(_ member: MemberID) -> Bool {
        guard let follower = followers[member], follower.isFollowing else { return false }
        return end - follower.confirmed <= UInt64(configuration.windowRecords)
    }

    /// Whether a member of the group answers and has nearly everything, and this ownership is not just beginning.
    func hasCaughtUp(_ member: MemberID, now: Timestamp) -> Bool {
        guard !roster.isChanging, !isPersistingRoster, roster.members.contains(member), isUpToDate(member),
            let answered = followers[member]?.answered
        else { return false }
        return now - answered < configuration.lease && now - start >= configuration.takeoverAfter
    }
}

/// Rendezvous hashing: every origin has its own order of all members, so that groups spread evenly and stay as they are when others come and
/// go.
struct MemberRanking {
    private let origin: UUID

    init(_ origin: UUID) { self.origin = origin }

    func sorted(_ members: Set<MemberID>) -> [MemberID] {
        members.map { (rank($0), $0) }.sorted { $0 > $1 }.map(\.1)
    }

    /// FNV-1a over both names, its bits mixed as splitmix64 does at its end.
    private func rank(_ member: MemberID) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        withUnsafeBytes(of: origin.uuid) { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
        for byte in member.name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}
