internal import Mining

/// Where jobs are kept for every jobmanager to find, beyond the life of the one that made them.
protocol JobStore: Sendable {
    /// Stores a job until its expiry. Storing it again is fine and renews the expiry.
    ///
    /// - Throws: within a few seconds, when the store cannot be reached.
    func store(_ job: Job) async throws

    /// The job with this id; nil when there is none.
    ///
    /// - Throws: within a few seconds, when the store cannot be reached.
    func load(_ id: String) async throws -> Job?
}
