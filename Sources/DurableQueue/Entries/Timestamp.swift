internal import FoundationEssentials

/// A point in time as entries carry it: milliseconds since 1970.
///
/// Within a process it comes from a ``QueueClock``, which the setting of the system's clock does not touch. Over a restart it
/// is the system's clock: set forward or back meanwhile, ages and times that are shown are off by that much.
public struct Timestamp: Hashable, Codable, Sendable, Comparable {
    /// Milliseconds since 1970.
    public let milliseconds: Int64

    /// A point from milliseconds since 1970.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Earlier is less.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// The point `duration` later, to the millisecond.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds + duration.wholeMilliseconds)
    }

    /// What lies between two points; negative when `left` is the earlier one.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}

/// Tells the time: the system's at the start, and from there on what has passed by the monotonic clock.
public struct QueueClock: Sendable {
    private let read: @Sendable () -> Timestamp

    /// A clock that reads as `read` says; for tests and simulations.
    public init(_ read: @escaping @Sendable () -> Timestamp) { self.read = read }

    /// The clock of production.
    public static func system() -> QueueClock {
        let start = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let origin = ContinuousClock.now
        return QueueClock { start + (ContinuousClock.now - origin) }
    }

    /// What time it is.
    public var now: Timestamp { read() }
}

extension Duration {
    /// Milliseconds, the rest cut off.
    var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
