/// A job without its transactions: what the publication `jobHeaders` carries.
public struct JobHeader: Codable, Sendable, Hashable {
    /// The job's id.
    public var id: String
    /// Where in the chain the template builds.
    public var position: ChainPosition
    /// The template without its transactions.
    public var template: TemplateHeader
    /// Who is paid by the coinbase.
    public var payouts: [Payout]
    /// A short text in the coinbase that names the pool.
    public var tag: String
    /// By which hash the block is mined.
    public var algorithm: ProofOfWorkKind
    /// When the jobmanager made the job, in milliseconds since 1970.
    public var createdAtMilliseconds: Int64

    /// The header of a job.
    public init(_ job: Job) {
        id = job.id
        position = job.position
        template = TemplateHeader(job.template)
        payouts = job.payouts
        tag = job.tag
        algorithm = job.algorithm
        createdAtMilliseconds = job.createdAtMilliseconds
    }
}
