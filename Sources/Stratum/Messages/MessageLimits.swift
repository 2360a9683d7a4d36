/// The bounds of what a line may hold, looked at before it is parsed: what is within them is parsed in well under a millisecond.
public struct MessageLimits: Sendable, Hashable {
    /// The deepest nesting of brackets; Stratum needs 3.
    public var depth = 8
    /// The most values, counted as commas and opening brackets; Stratum needs about 20, in `mining.configure`.
    public var values = 64

    /// The usual bounds.
    public init() {}
}
