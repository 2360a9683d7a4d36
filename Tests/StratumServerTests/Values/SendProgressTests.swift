internal import Testing

@testable internal import stratum

@Suite struct SendProgressTests {
    @Test func aMinerThatReadsNothingIsStuck() {
        let start = ContinuousClock.now
        var progress = SendProgress()
        progress.queue(1000)
        #expect(progress.stuck(pending: 400, now: start) == .zero)
        for second in 1...9 {
            progress.queue(50)
            #expect(progress.stuck(pending: 400 + 50 * second, now: start + .seconds(second)) == .seconds(second))
        }
        #expect(progress.stuck(pending: 0, now: start + .seconds(10)) == .zero)
        progress.queue(10)
        #expect(progress.stuck(pending: 10, now: start + .seconds(11)) == .zero)
    }

    /// More may be queued than leaves: what leaves counts.
    @Test func aSlowOneThatReadsIsNot() {
        let start = ContinuousClock.now
        var progress = SendProgress()
        for second in 1...100 {
            progress.queue(500)
            #expect(progress.stuck(pending: 490 * second, now: start + .seconds(second)) == .zero)
        }
        #expect(progress.stuck(pending: 49_000, now: start + .seconds(107)) == .seconds(7))
    }
}
