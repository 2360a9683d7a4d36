internal import Testing

@testable internal import DurableQueue

@Suite struct GatheringTests {
    private let commit = Duration.milliseconds(4)

    @Test func thoseWhoWereAnsweredAreWaitedFor() {
        var gathering = Gathering()
        #expect(gathering.plan(waiting: 1) == nil)
        gathering.committed(30, in: commit, leaving: 70)
        #expect(gathering.plan(waiting: 70)?.count == 100)
        #expect(gathering.plan(waiting: 70)?.limit == .milliseconds(1))
        #expect(gathering.plan(waiting: 100) == nil)
    }

    @Test func aSingleCallerIsNeverHeldUp() {
        var gathering = Gathering()
        for _ in 0..<5 {
            #expect(gathering.plan(waiting: 1) == nil)
            gathering.committed(1, in: commit, leaving: 0)
        }
    }

    @Test func whoDoesNotComeIsWaitedForLessAndLessOften() {
        var gathering = Gathering()
        var waits = 0
        for _ in 0..<1000 {
            // A crowd that does not come back, again and again.
            gathering.committed(100, in: commit, leaving: 0)
            if gathering.plan(waiting: 1) != nil { waits += 1 }
            gathering.committed(1, in: commit, leaving: 0)
        }
        #expect((1...60).contains(waits), "\(waits) waits in vain")
        #expect(gathering.plan(waiting: 1) == nil)
    }

    @Test func aBellThatWasRungIsHeardOnce() {
        let bell = ThreadBell()
        bell.ring()
        let start = ContinuousClock.now
        bell.wait(atMost: .seconds(60))
        #expect(ContinuousClock.now - start < .seconds(30))
        bell.wait(atMost: .milliseconds(1))
    }
}
