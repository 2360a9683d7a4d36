internal import Mining
internal import Testing

@testable internal import jobmanager

@Suite struct JobBookTests {
    private let start = ContinuousClock.now
    private var book = JobBook(JobCache(ageLimit: .seconds(600)))

    private func time(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test mutating func `the current job is kept for as long as it is renewed, and those before it expire`() throws {
        let jobs = try (0..<2).map { try JobSamples.job($0) }
        #expect(book.renew(at: start) == nil)
        #expect(book.adopt(jobs[0], at: start) == true)
        #expect(book.adopt(jobs[1], at: start) == true)
        // The template is the same but for its time: the same job.
        #expect(book.adopt(jobs[1], at: time(300)) == false)
        for third in 1...9 { #expect(book.renew(at: time(200 * third)) == jobs[1]) }
        #expect(book.job(jobs[1].id, at: time(1900)) == jobs[1])
        #expect(book.job(jobs[0].id, at: time(1900)) == nil)
        #expect(book.currentSince == start)
        #expect(book.made == 2)
        #expect(book.count == 1)
    }
}
