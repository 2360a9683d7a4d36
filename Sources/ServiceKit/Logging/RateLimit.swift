/// Decides what may be logged: once per key and interval, with the number of those that were left out since.
///
/// The time is a parameter, as the duration since any fixed point.
public struct RateLimit: Sendable {
    /// The answer for one event.
    public enum Decision: Sendable, Equatable {
        /// Log it; `suppressed` events of the same key were left out before it.
        case log(suppressed: Int)
        /// Leave it out.
        case suppress
    }

    private struct Slot {
        var end: Duration
        var suppressed = 0
    }

    private let interval: Duration
    private let maximumKeys: Int
    private var keys: [String: Slot] = [:]

    /// At most one event per key and `interval`. Where more than `maximumKeys` keys are in use at once, the further ones
    /// share one.
    public init(interval: Duration, maximumKeys: Int = 256) {
        self.interval = interval
        self.maximumKeys = maximumKeys
    }

    /// Decides about an event of `key` at `now`.
    public mutating func decide(_ key: String, at now: Duration) -> Decision {
        let key = slot(for: key, at: now)
        if var known = keys[key], now < known.end {
            known.suppressed += 1
            keys[key] = known
            return .suppress
        }
        let suppressed = keys[key]?.suppressed ?? 0
        keys[key] = Slot(end: now + interval)
        return .log(suppressed: suppressed)
    }

    private mutating func slot(for key: String, at now: Duration) -> String {
        if keys[key] != nil || keys.count < maximumKeys { return key }
        // What is over makes room, even where a few suppressed events are then never told.
        keys = keys.filter { now < $0.value.end }
        return keys.count < maximumKeys ? key : "(other)"
    }
}
