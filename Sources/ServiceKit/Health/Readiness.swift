internal import Synchronization

/// What has to be true before a process may get work: named conditions, set from anywhere.
///
/// ```swift
/// readiness.set("redis", notReady: "cannot reach redis://127.0.0.1:6379")
/// readiness.setReady("redis")
/// ```
public final class Readiness: Sendable {
    /// A condition that does not hold.
    public struct Reason: Sendable, Equatable {
        /// The condition's name.
        public let name: String
        /// Why it does not hold, for people.
        public let reason: String
    }

    private let reasons = Mutex<[String: String]>([:])

    /// Without any condition, and so ready.
    public init() {}

    /// The condition `name` holds.
    public func setReady(_ name: String) {
        reasons.withLock { $0[name] = nil }
    }

    /// The condition `name` does not hold, and `reason` says why.
    public func set(_ name: String, notReady reason: String) {
        reasons.withLock { $0[name] = reason }
    }

    /// The conditions that do not hold, by name.
    public var notReady: [Reason] {
        reasons.withLock { $0 }.map { Reason(name: $0.key, reason: $0.value) }.sorted { $0.name < $1.name }
    }
}
