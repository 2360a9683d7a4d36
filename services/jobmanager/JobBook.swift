internal import Mining

/// The current job and those before it. A value; time is a parameter.
///
/// A job is kept for a while after it was the current one. The current one is kept for as long as it is that, which on a quiet chain may be
/// hours: it has to be renewed, here and in the store, within the time after which it would be forgotten.
struct JobBook: Sendable {
    /// The current job; nil before the first.
    private(set) var current: Job?
    /// When it became that.
    private(set) var currentSince: ContinuousClock.Instant?
    /// How many jobs were made.
    private(set) var made = 0
    private var cache: JobCache

    /// A book without jobs.
    init(_ cache: JobCache) { self.cache = cache }

    /// How many jobs are held.
    var count: Int { cache.count }

    /// Makes a job the current one; false when it is that already.
    mutating func adopt(_ job: Job, at now: ContinuousClock.Instant) -> Bool {
        guard job.id != current?.id else { return false }
        current = job
        currentSince = now
        made += 1
        cache.insert(job, at: now)
        return true
    }

    /// Keeps the current job for another while.
    ///
    /// - Returns: The job, to be stored again; nil before the first.
    mutating func renew(at now: ContinuousClock.Instant) -> Job? {
        if let current { cache.insert(current, at: now) }
        return current
    }

    /// The job with this id; nil when it was never here or is here no more.
    mutating func job(_ id: String, at now: ContinuousClock.Instant) -> Job? { cache.job(id, at: now) }
}
