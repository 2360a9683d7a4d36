/// What an origin sends to a member where every member runs everything: entries, and what it wants to know.
public struct MulticastOffer: Hashable, Codable, Sendable {
    /// To be held, and then run.
    public let entries: [Entry]
    /// What the member said that it holds, and has not said that it ended.
    public let asked: SequenceSet
    /// Everything of the origin below this sequence is over at all members, and is never sent again.
    public let floor: UInt64

    /// An offer from its parts.
    public init(entries: [Entry], asked: SequenceSet, floor: UInt64) {
        self.entries = entries
        self.asked = asked
        self.floor = floor
    }
}

/// What a member says of an origin's entries; also with nothing in it, to be heard of.
public struct MulticastProgress: Hashable, Codable, Sendable {
    /// On its disk.
    public var held: SequenceSet
    /// Run.
    public var completed: SequenceSet
    /// Given up; a matter of that member.
    public var dead: SequenceSet

    /// A report from its parts.
    public init(held: SequenceSet = [], completed: SequenceSet = [], dead: SequenceSet = []) {
        self.held = held
        self.completed = completed
        self.dead = dead
    }
}
