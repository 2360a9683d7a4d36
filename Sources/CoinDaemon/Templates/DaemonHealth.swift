/// Whether a daemon gives block templates, and if not, why and since when.
public struct DaemonHealth: Sendable, Hashable {
    /// What is known about the daemon.
    public enum State: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing yet.
        case unknown
        /// It gives templates.
        case ready
        /// It starts and loads its block index.
        case warmingUp
        /// It has not caught up with its chain.
        case initialSync
        /// It has no peers, without which it gives no templates.
        case noPeers
        /// There is no connection to it.
        case unreachable
        /// It refuses our user, password or cookie.
        case unauthorized
        /// It holds the connection and does not answer in time.
        case hung
        /// It answers what cannot be used.
        case garbage
        /// It has more requests waiting than it accepts.
        case busy
        /// It is on another chain than the daemons before it in the list.
        case foreignChain
        /// It answers with an error of its own.
        case refusing
    }

    /// What is known now.
    public var state: State = .unknown
    /// When `state` began.
    public var since: ContinuousClock.Instant
    /// When it stopped being ready, or was first asked; nil while it is ready.
    public var notReadySince: ContinuousClock.Instant?
    /// The last error in words; empty while the daemon is ready.
    public var reason: String = ""
    /// When it is asked again; nil while it is ready.
    public var nextTry: ContinuousClock.Instant?
    /// How many attempts have failed in a row.
    public var failures = 0

    /// Nothing known, from `now` on.
    public init(unknownSince now: ContinuousClock.Instant) {
        since = now
        notReadySince = now
    }

    /// Whether the daemon gives templates.
    public var isReady: Bool { state == .ready }
}

extension DaemonHealth.State {
    /// What an error says about the daemon.
    public init(_ code: CoinDaemonError.Code) {
        self =
            switch code {
            case .unreachable: .unreachable
            case .unauthorized: .unauthorized
            case .timeout: .hung
            case .garbage, .tooLarge: .garbage
            case .busy: .busy
            case .warmingUp: .warmingUp
            case .initialSync: .initialSync
            case .noPeers: .noPeers
            case .foreignChain: .foreignChain
            case .invalidConfiguration, .rpc, .cancelled: .refusing
            }
    }
}
