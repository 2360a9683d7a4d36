/// A block template that was chosen to be mined, with all that decides what its block pays to whom: what the publication `jobs`
/// carries and what is stored.
public struct Job: Codable, Sendable, Hashable {
    /// Names the content, see `JobIdentity`: equal content has an equal id in every jobmanager and after every restart.
    public var id: String
    /// Where in the chain the template builds.
    public var position: ChainPosition
    /// The template as the daemon gave it.
    public var template: BlockTemplate
    /// Who is paid by the coinbase, at least one.
    public var payouts: [Payout]
    /// A short text in the coinbase that names the pool; may be empty.
    public var tag: String
    /// By which hash the block is mined.
    public var algorithm: ProofOfWorkKind
    /// When this jobmanager made the job, in milliseconds since 1970; to be shown, never to decide by.
    public var createdAtMilliseconds: Int64

    /// The job of a template.
    public init(
        template: BlockTemplate, position: ChainPosition, payouts: [Payout], tag: String, algorithm: ProofOfWorkKind,
        createdAtMilliseconds: Int64
    ) {
        id = JobIdentity.of(template, at: position, payouts: payouts, tag: tag, algorithm: algorithm)
        self.position = position
        self.template = template
        self.payouts = payouts
        self.tag = tag
        self.algorithm = algorithm
        self.createdAtMilliseconds = createdAtMilliseconds
    }
}
