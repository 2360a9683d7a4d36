/// A point in monotonic time, as a mesh node counts it.
///
/// Every decision takes its time from a parameter of this type, so that the simulator can hand in virtual time. It never
/// stands for a time of day and never travels: deadlines go over the wire as what remains of them.
public struct MeshInstant: Sendable, Hashable, Comparable {
    /// Nanoseconds since an origin that is fixed for the life of the process.
    public let nanoseconds: Int64

    /// Makes a point from nanoseconds since the origin.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The origin itself.
    public static let zero = MeshInstant(nanoseconds: 0)

    /// Earlier is less.
    public static func < (left: MeshInstant, right: MeshInstant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The point `duration` later.
    public static func + (instant: MeshInstant, duration: Duration) -> MeshInstant {
        MeshInstant(nanoseconds: instant.nanoseconds &+ duration.nanoseconds)
    }

    /// What lies between two points; negative when `left` is the earlier one.
    public static func - (left: MeshInstant, right: MeshInstant) -> Duration {
        .nanoseconds(left.nanoseconds &- right.nanoseconds)
    }
}

extension Duration {
    /// Whole nanoseconds, clamped to what 64 bits hold (292 years).
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min / 2 : .max / 2 }
        return product + attoseconds / 1_000_000_000
    }

    /// Whole milliseconds, rounded up, so that a deadline which has not passed never travels as zero.
    var millisecondsRoundedUp: Int64 { (nanoseconds + 999_999) / 1_000_000 }
}
