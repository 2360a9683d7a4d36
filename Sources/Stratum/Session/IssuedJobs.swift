internal import Mining

/// The jobs of a connection whose shares are accepted, and the shares that came of them; both bounded.
struct IssuedJobs: Sendable {
    private(set) var jobs: [IssuedJob] = []
    /// By the id of the work, because two issues of the same work have the same shares.
    private var submissions: [String: Set<Submission>] = [:]
    private var issues: UInt64 = 0

    var isEmpty: Bool { jobs.isEmpty }

    /// The job of an id on the wire, where its shares are still accepted.
    func job(_ id: String) -> IssuedJob? { jobs.last { $0.id == id } }

    /// Adds an issue of a piece of work under a new id; beyond the limit the oldest goes.
    mutating func issue(_ work: Work, to extranonce1: Extranonce1, at difficulty: Double, limit: Int) -> IssuedJob {
        issues += 1
        let job = IssuedJob(
            id: work.jobID.prefix(8) + extranonce1.hex + String(issues, radix: 16), work: work,
            extranonce1: extranonce1, difficulty: difficulty,
            target: Difficulty.target(difficulty, work.algorithm.algorithm))
        jobs.append(job)
        remove(jobs.prefix(max(0, jobs.count - limit)).count)
        return job
    }

    /// Notes that other work took the place of what was issued.
    mutating func supersede(at now: ContinuousClock.Instant) {
        for index in jobs.indices where jobs[index].superseded == nil { jobs[index].superseded = now }
    }

    /// Forgets what was superseded before a time.
    mutating func forget(supersededBefore time: ContinuousClock.Instant) {
        // They stand in order.
        remove(jobs.prefix { $0.superseded.map { $0 < time } ?? false }.count)
    }

    /// Forgets all, but not the number of issues.
    mutating func removeAll() { remove(jobs.count) }

    /// Notes a share of a piece of work.
    mutating func add(_ submission: Submission, of work: Work, limit: Int) -> RejectReason? {
        let known = submissions[work.jobID]
        guard known?.contains(submission) != true else { return .duplicate }
        guard (known?.count ?? 0) < limit else { return .tooMany }
        submissions[work.jobID, default: []].insert(submission)
        return nil
    }

    /// Forgets a share that turned out to be none: what is kept is bounded by work that was really done.
    mutating func remove(_ submission: Submission, of work: Work) {
        submissions[work.jobID]?.remove(submission)
    }

    private mutating func remove(_ count: Int) {
        guard count > 0 else { return }
        jobs.removeFirst(count)
        let left = Set(jobs.map(\.work.jobID))
        submissions = submissions.filter { left.contains($0.key) }
    }
}
