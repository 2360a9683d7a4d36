/// Where an item of a publication stands. Publishers of one publication agree on positions without talking to each other.
///
/// For a block template: which network, which parent block, and how much work the chain up to it holds.
public struct Position: Sendable, Hashable {
    /// What can be compared at all, such as the chain's name and genesis hash.
    public var lineage: String
    /// How far along: higher replaces lower.
    public var ordinal: Ordinal
    /// The number that people know the position by.
    public var height: UInt64
    /// What the items at this position build on; two items are at one position when this is equal.
    public var parent: String
    /// The last positions' parents, newest first, beginning with ``parent``; at most ``maximumAncestors``.
    public var ancestors: [String]

    /// How many ancestors travel with a position.
    public static let maximumAncestors = 16
    /// The longest lineage, parent or ancestor, in UTF-8 bytes.
    public static let maximumNameBytes = 256

    /// Makes a position; ancestors beyond the limit are left out.
    public init(lineage: String, ordinal: Ordinal, height: UInt64, parent: String, ancestors: [String]) {
        self.lineage = lineage
        self.ordinal = ordinal
        self.height = height
        self.parent = parent
        self.ancestors = Array(ancestors.prefix(Self.maximumAncestors))
    }

    /// Whether `other` is this position or one that this one grew out of.
    func includes(_ other: Position) -> Bool { lineage == other.lineage && ancestors.contains(other.parent) }

    /// How many steps this position is ahead of one that it grew out of; nil when it did not grow out of it.
    func steps(from other: Position) -> Int? {
        lineage == other.lineage ? ancestors.firstIndex(of: other.parent) : nil
    }
}
