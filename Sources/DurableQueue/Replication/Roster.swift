/// Who belongs to the group of an origin, its owner included, and how many of them are enough for what.
///
/// With N members and R replicas, what is acknowledged is held by R + 1 members, the owner being one; so of any N - R members at least one holds
/// it. While the group changes there are two sets of members, and everything needs enough of both.
public struct Roster: Hashable, Codable, Sendable {
    /// How many members besides the owner hold what is acknowledged: R.
    public let replicas: Int
    /// The set in force, and behind it the one that is to follow, if there is one.
    public let groups: [Set<MemberID>]

    /// A group that does not change at present.
    public init(replicas: Int, members: Set<MemberID>) {
        self.init(replicas: replicas, groups: [members])
    }

    init(replicas: Int, groups: [Set<MemberID>]) {
        self.replicas = replicas
        self.groups = groups
    }

    /// All that are in one of the sets.
    public var members: Set<MemberID> { groups.reduce(into: []) { $0.formUnion($1) } }

    /// Whether the group is between two sets.
    public var isChanging: Bool { groups.count > 1 }

    /// On the way to another set. A member that was alone need not ask itself: nobody else decides by the set of it alone.
    public func changing(to members: Set<MemberID>) -> Roster {
        Roster(replicas: replicas, groups: groups[0].count == 1 && replicas > 0 ? [members] : [groups[0], members])
    }

    /// The way come to its end.
    public var changed: Roster { Roster(replicas: replicas, groups: [groups[groups.count - 1]]) }

    /// Whether what these hold survives the loss of any R of them: R + 1 of each set.
    public func isEnough(holding holders: Set<MemberID>) -> Bool {
        groups.allSatisfy { $0.intersection(holders).count > replicas }
    }

    /// Whether these together hold everything that was ever acknowledged: N - R of each set.
    public func isEnough(reporting reporters: Set<MemberID>) -> Bool {
        groups.allSatisfy { $0.intersection(reporters).count >= max(1, $0.count - replicas) }
    }

    /// Whether these are more than half of each set.
    public func isMajority(_ voters: Set<MemberID>) -> Bool {
        groups.allSatisfy { $0.intersection(voters).count > $0.count / 2 }
    }
}
