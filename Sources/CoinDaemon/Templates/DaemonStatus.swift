public import Mining

/// How a daemon is, in a form to be shown.
public struct DaemonStatus: Codable, Sendable, Hashable {
    /// The daemon's URL, without credentials.
    public var url: String
    /// Its place in the list; 0 comes first.
    public var priority: Int
    /// Whether it gives templates, and if not, why.
    public var state: DaemonHealth.State
    /// The last error in words; empty while it is ready.
    public var reason: String
    /// For how long `state` has held.
    public var stateSeconds: Double
    /// When it is tried again; nil while it is ready.
    public var nextTrySeconds: Double?
    /// The height of the block that its newest template would mine.
    public var height: Int?
    /// The block that this template builds on.
    public var parent: String?
    /// The work up to that block.
    public var chainwork: Chainwork?
    /// How old that template is.
    public var templateAgeSeconds: Double?
    /// Whether the current job is its template.
    public var isSelected: Bool

    init(
        endpoint: DaemonEndpoint, priority: Int, health: DaemonHealth, candidate: TemplateCandidate?, isSelected: Bool,
        at now: ContinuousClock.Instant
    ) {
        url = endpoint.description
        self.priority = priority
        state = health.state
        reason = health.reason
        stateSeconds = (now - health.since).inSeconds
        nextTrySeconds = health.nextTry.map { max(0, ($0 - now).inSeconds) }
        height = candidate?.position.height
        parent = candidate?.position.parent
        chainwork = candidate?.position.chainwork
        templateAgeSeconds = candidate.map { (now - $0.receivedAt).inSeconds }
        self.isSelected = isSelected
    }
}

extension Duration {
    /// Seconds with a fraction.
    fileprivate var inSeconds: Double { self / .seconds(1) }
}
