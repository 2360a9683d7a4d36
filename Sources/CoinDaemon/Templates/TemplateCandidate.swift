public import Mining

/// The newest template of one daemon, which may become the job.
public struct TemplateCandidate: Sendable, Hashable {
    /// The daemon's URL, without credentials.
    public var daemon: String
    /// The daemon's place in the list; 0 comes first.
    public var priority: Int
    /// The template.
    public var template: BlockTemplate
    /// Where in the chain it builds.
    public var position: ChainPosition
    /// Whether the daemon still gives templates.
    public var health: DaemonHealth
    /// When the template came.
    public var receivedAt: ContinuousClock.Instant

    /// A candidate from its parts.
    public init(
        daemon: String, priority: Int, template: BlockTemplate, position: ChainPosition, health: DaemonHealth,
        receivedAt: ContinuousClock.Instant
    ) {
        self.daemon = daemon
        self.priority = priority
        self.template = template
        self.position = position
        self.health = health
        self.receivedAt = receivedAt
    }
}
