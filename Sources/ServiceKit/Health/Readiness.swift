internal import Synchronization

/// What has to be true before a process may get work: named conditions, set from anywhere.
///
/// ```swift
/// readiness.set("redis", notReady: "cannot reach redis://127.0.0.1:6379")
/// readiness.setReady("redis")
/// ```
public final class Readiness: Sendable {
    /// A condition that does not hold, or holds with a reservation.
    public struct Reason: Sendable, Equatable {
        /// The condition's name.
        public let name: String
        /// Why it does not hold, or what is missing though it holds; for people.
        public let reason: String
    }

    private struct State {
        var notReady: [String: String] = [:]
        var degraded: [String: String] = [:]
        var onFirstReady: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Without any condition, and so ready.
    public init() {}

    /// The condition `name` holds.
    public func setReady(_ name: String) { set(name, notReady: nil, degraded: nil) }

    /// The condition `name` holds, though something is missing that `reason` names: work may come, and operators should know.
    public func set(_ name: String, degraded reason: String) { set(name, notReady: nil, degraded: reason) }

    /// The condition `name` does not hold, and `reason` says why.
    public func set(_ name: String, notReady reason: String) { set(name, notReady: reason, degraded: nil) }

    /// The conditions that do not hold, by name.
    public var notReady: [Reason] { Self.sorted(state.withLock { $0.notReady }) }

    /// The conditions that hold with something missing, by name.
    public var degraded: [Reason] { Self.sorted(state.withLock { $0.degraded }) }

    /// Calls `act` once, when a change leaves every condition holding for the first time from now on.
    func onFirstReady(_ act: @escaping @Sendable () -> Void) {
        state.withLock { $0.onFirstReady = act }
    }

    private func set(_ name: String, notReady: String?, degraded: String?) {
        let act = state.withLock { state in
            state.notReady[name] = notReady
            state.degraded[name] = degraded
            return state.notReady.isEmpty ? state.onFirstReady.take() : nil
        }
        act?()
    }

    private static func sorted(_ reasons: [String: String]) -> [Reason] {
        reasons.map { Reason(name: $0.key, reason: $0.value) }.sorted { $0.name < $1.name }
    }
}
