/// What a decoder accepts before it gives up on a message: the defence against hostile or broken input.
///
/// Lengths and counts that a message declares are besides always checked against the bytes that are really there, so
/// that a short message can neither allocate nor loop for long, whatever these limits say.
public struct MessagePackLimits: Sendable, Hashable {
    /// The deepest nesting that can be asked for; a thread's stack holds this many levels of any `Codable` type.
    public static let deepestNesting = 512

    /// How deep arrays and maps may be nested. A scalar has depth 0, `[]` has 1, `[[]]` has 2.
    public let maximumDepth: Int

    /// How long a message may be, in bytes.
    public let maximumBytes: Int

    /// How many values a message may hold in all; a map entry counts as two, a container as one.
    public let maximumCount: Int

    /// Depth 64, 64 MiB, 2^20 values: room for the largest block template, little for an attack.
    public static let standard = MessagePackLimits()

    /// Creates limits; a depth above ``deepestNesting`` is taken as that.
    public init(maximumDepth: Int = 64, maximumBytes: Int = 64 << 20, maximumCount: Int = 1 << 20) {
        self.maximumDepth = min(maximumDepth, Self.deepestNesting)
        self.maximumBytes = maximumBytes
        self.maximumCount = maximumCount
    }
}
