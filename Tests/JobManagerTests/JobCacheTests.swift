internal import Mining
internal import Testing

@testable internal import jobmanager

@Suite struct JobCacheTests {
    private let start = ContinuousClock.now
    private var cache = JobCache(countLimit: 3, ageLimit: .seconds(600))

    private func time(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test mutating func `the oldest makes room`() throws {
        let jobs = try (0..<5).map { try JobSamples.job($0) }
        for (second, job) in jobs.enumerated() { cache.insert(job, at: time(second)) }
        #expect(cache.count == 3)
        #expect(jobs.map { cache.job($0.id, at: time(5)) != nil } == [false, false, true, true, true])
    }

    @Test mutating func `age ends a job to the second`() throws {
        let job = try JobSamples.job(1)
        cache.insert(job, at: time(0))
        #expect(cache.job(job.id, at: time(599)) == job)
        #expect(cache.job(job.id, at: time(600)) == nil)
        #expect(cache.count == 0)
    }

    @Test mutating func `a job that comes again counts as new and once`() throws {
        let jobs = try (0..<3).map { try JobSamples.job($0) }
        for job in jobs { cache.insert(job, at: time(0)) }
        cache.insert(jobs[0], at: time(500))
        cache.insert(try JobSamples.job(9), at: time(500))
        #expect(cache.count == 3)
        #expect(cache.job(jobs[0].id, at: time(700)) != nil)
        #expect(cache.job(jobs[1].id, at: time(700)) == nil)
    }
}
