internal import Mining

/// The newest jobs in memory, bounded by number and age. A value; time is a parameter.
struct JobCache: Sendable {
    private struct Entry {
        var job: Job
        var keptSince: ContinuousClock.Instant
    }

    /// The most jobs that are kept.
    let countLimit: Int
    /// How long a job is kept after it was inserted last.
    let ageLimit: Duration

    /// Oldest first.
    private var entries: [Entry] = []

    /// An empty cache.
    init(countLimit: Int = 64, ageLimit: Duration = .seconds(600)) {
        self.countLimit = countLimit
        self.ageLimit = ageLimit
    }

    /// How many jobs are held, those included whose time is up and that nobody asked for since.
    var count: Int { entries.count }

    /// Keeps a job; one with its id that is there already is replaced and counts as new.
    mutating func insert(_ job: Job, at now: ContinuousClock.Instant) {
        entries.removeAll { $0.job.id == job.id }
        entries.append(Entry(job: job, keptSince: now))
        removeExpired(at: now)
        entries.removeFirst(max(0, entries.count - countLimit))
    }

    /// The job with this id; nil when it was never here or is here no more.
    mutating func job(_ id: String, at now: ContinuousClock.Instant) -> Job? {
        removeExpired(at: now)
        return entries.last { $0.job.id == id }?.job
    }

    private mutating func removeExpired(at now: ContinuousClock.Instant) {
        entries.removeFirst(entries.prefix { now - $0.keptSince >= ageLimit }.count)
    }
}
