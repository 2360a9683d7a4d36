/// One connection to one life of a peer; never used again for another.
public struct LinkID: Sendable, Hashable, Comparable {
    /// The number of the connection within its node.
    public let number: UInt64

    /// Names a connection.
    public init(_ number: UInt64) { self.number = number }

    /// Older is less.
    public static func < (left: LinkID, right: LinkID) -> Bool { left.number < right.number }
}
