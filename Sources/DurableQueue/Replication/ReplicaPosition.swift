internal import FoundationEssentials

/// Who owns the entries of an origin, as granted by members of its group. The later one counts; two owners never have the same.
///
/// Every start of an owner takes a new one, that of the origin after a restart too.
public struct TakeoverEpoch: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// Rises by at least one with every claim that is granted.
    public let number: UInt64
    /// Who claimed it; decides between equal numbers.
    public let owner: MemberID

    /// An epoch from its parts.
    public init(number: UInt64, owner: MemberID) {
        self.number = number
        self.owner = owner
    }

    /// By number, then by owner.
    public static func < (left: TakeoverEpoch, right: TakeoverEpoch) -> Bool {
        (left.number, left.owner) < (right.number, right.owner)
    }

    /// The number and the owner.
    public var description: String { "\(number) of \(owner)" }
}

/// How far a member has come: all records of the epoch up to this one are in its store, or what a snapshot says of them.
public struct ReplicaPosition: Hashable, Comparable, Codable, Sendable {
    /// Whose records are counted.
    public let epoch: TakeoverEpoch
    /// The number of the last one, from 1 on; 0 is a snapshot from before the first.
    public let number: UInt64

    /// What the owner of an epoch has itself: everything, since it forces entries to the disk before it sends them.
    public static func everything(of epoch: TakeoverEpoch) -> ReplicaPosition {
        ReplicaPosition(epoch: epoch, number: .max)
    }

    /// A position from its parts.
    public init(epoch: TakeoverEpoch, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// By epoch, then by number.
    public static func < (left: ReplicaPosition, right: ReplicaPosition) -> Bool {
        (left.epoch, left.number) < (right.epoch, right.number)
    }
}

/// What a member keeps of the replication of one origin, forced to the disk before anybody is told of it.
public struct ReplicaMark: Hashable, Codable, Sendable {
    /// The highest epoch that was granted or seen; nothing is taken from lower ones.
    public var granted: TakeoverEpoch?
    /// How far it has come.
    public var position: ReplicaPosition?
    /// Who is in the group, as far as it knows.
    public var roster: Roster?

    /// That of a member that knows nothing yet.
    public init() {}

    /// That of a member where every member runs everything: below this sequence of another's entries all is over.
    init(floor: UInt64, of origin: UUID) {
        position = ReplicaPosition(epoch: TakeoverEpoch(number: 0, owner: MemberID(ofStore: origin)), number: floor)
    }

    /// That of an origin there: who is in its group, and below which sequence everything was over when that was written.
    init(group: Set<MemberID>, floor: UInt64, of origin: UUID) {
        self.init(floor: floor, of: origin)
        roster = Roster(replicas: 0, members: group)
    }

    /// Where there are owners, nothing is written that was not granted before.
    var isOfOwners: Bool { granted != nil }

    /// What is over at all members, where every member runs everything.
    var floor: UInt64? { isOfOwners ? nil : position?.number }
}
