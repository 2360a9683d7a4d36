internal import Mining

/// The jobs of a connection whose shares are accepted, and the shares that came of them; all of it bounded.
struct IssuedJobs: Sendable {
    /// What is known of a piece of work. Two issues of the same work have the same shares.
    private struct Record: Sendable {
        var latestTime: UInt32
        var submissions: Set<Submission> = []
    }

    /// How many pieces of work of which no job is left keep their shares, because the same work may come back: its jobmanager does, or
    /// its block becomes the tip again. That is a quarter of an hour of refreshed templates, one every half a minute.
    static let retiredLimit = 32
    /// How many shares they keep at most.
    static let retiredShareLimit = 16384

    private(set) var jobs: [IssuedJob] = []
    /// By the id of the work.
    private var records: [String: Record] = [:]
    /// The work of which no job is left; what left first comes first.
    private var retired: [String] = []
    private var issues: UInt64 = 0

    var isEmpty: Bool { jobs.isEmpty }

    /// The job of an id on the wire, where its shares are still accepted.
    func job(_ id: String) -> IssuedJob? { jobs.last { $0.id == id } }

    /// The latest time that a piece of work was issued with; nil where it was not.
    func latestTime(of work: Work) -> UInt32? { records[work.jobID]?.latestTime }

    /// Adds an issue of a piece of work under a new id; beyond the limit the oldest goes.
    mutating func issue(
        _ work: Work, to extranonce1: Extranonce1, at difficulty: Double, time: UInt32, limit: Int
    ) -> IssuedJob {
        issues += 1
        let job = IssuedJob(
            id: work.jobID.prefix(8) + extranonce1.hex + String(issues, radix: 16), work: work,
            extranonce1: extranonce1, difficulty: difficulty,
            target: Difficulty.target(difficulty, work.algorithm.algorithm))
        jobs.append(job)
        records[work.jobID, default: Record(latestTime: time)].latestTime = time
        retired.removeAll { $0 == work.jobID }
        remove(jobs.prefix(max(0, jobs.count - limit)).count)
        return job
    }

    /// Notes that other work took the place of what was issued.
    mutating func supersede(at now: ContinuousClock.Instant) {
        for index in jobs.indices where jobs[index].superseded == nil { jobs[index].superseded = now }
    }

    /// Forgets the jobs that were superseded before a time.
    mutating func forget(supersededBefore time: ContinuousClock.Instant) {
        // They stand in order.
        remove(jobs.prefix { $0.superseded.map { $0 < time } ?? false }.count)
    }

    /// Forgets all jobs, but not the number of issues.
    mutating func removeAll() { remove(jobs.count) }

    /// Notes a share of a piece of work.
    mutating func add(_ submission: Submission, of work: Work, limit: Int) -> RejectReason? {
        guard records[work.jobID]?.submissions.contains(submission) != true else { return .duplicate }
        guard (records[work.jobID]?.submissions.count ?? 0) < limit else { return .tooMany }
        records[work.jobID]?.submissions.insert(submission)
        return nil
    }

    /// Forgets a share that turned out to be none: what is kept is bounded by work that was really done.
    mutating func remove(_ submission: Submission, of work: Work) {
        records[work.jobID]?.submissions.remove(submission)
    }

    private mutating func remove(_ count: Int) {
        guard count > 0 else { return }
        let gone = jobs.prefix(count).map(\.work.jobID)
        jobs.removeFirst(count)
        let left = Set(jobs.map(\.work.jobID))
        for id in gone where !left.contains(id) && !retired.contains(id) { retired.append(id) }
        var shares = retired.reduce(0) { $0 + (records[$1]?.submissions.count ?? 0) }
        while retired.count > Self.retiredLimit || shares > Self.retiredShareLimit {
            shares -= records.removeValue(forKey: retired.removeFirst())?.submissions.count ?? 0
        }
    }
}
