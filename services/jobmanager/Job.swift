internal import Mining

/// A block template that was chosen to be mined: what the publication `jobs` carries and what is stored.
struct Job: Codable, Sendable, Hashable {
    /// Names the content, see `JobIdentity`: equal content has an equal id in every jobmanager and after every restart.
    var id: String
    /// Where in the chain the template builds.
    var position: ChainPosition
    /// The template as the daemon gave it.
    var template: BlockTemplate
    /// When this jobmanager made the job, in milliseconds since 1970; to be shown, never to decide by.
    var createdAtMilliseconds: Int64

    /// The job of a template.
    init(template: BlockTemplate, position: ChainPosition, createdAtMilliseconds: Int64) {
        id = JobIdentity.of(template, at: position)
        self.position = position
        self.template = template
        self.createdAtMilliseconds = createdAtMilliseconds
    }
}

/// A job without its transactions: what the publication `jobHeaders` carries.
struct JobHeader: Codable, Sendable, Hashable {
    /// The job's id.
    var id: String
    /// Where in the chain the template builds.
    var position: ChainPosition
    /// The template without its transactions.
    var template: TemplateHeader
    /// When the jobmanager made the job, in milliseconds since 1970.
    var createdAtMilliseconds: Int64

    /// The header of a job.
    init(_ job: Job) {
        id = job.id
        position = job.position
        template = TemplateHeader(job.template)
        createdAtMilliseconds = job.createdAtMilliseconds
    }
}
