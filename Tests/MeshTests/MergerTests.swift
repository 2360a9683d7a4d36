internal import Testing

@testable internal import Mesh

/// What is delivered while publishers agree, and who is active.
@Suite struct MergerTests {
    let base = Block.base

    @Test func theFirstPositionNeedsAMajority() {
        var merger = merger()
        #expect(merger.get(base, from: 1, at: 0) == [])
        #expect(merger.get(base, from: 2, at: 10) == ["deliver base/k"])
    }

    @Test func theFirstPositionIsTakenWhenNobodyElseSpeaksForASecond() {
        var merger = merger()
        #expect(merger.get(base, from: 1, at: 0) == [])
        #expect(merger.nextDeadline == .at(1000))
        #expect(merger.tick(now: .at(999)).isEmpty)
        #expect(merger.tick(now: .at(1000)).news == ["deliver base/k"])
    }

    @Test func aPublisherThatIsGoneBeforeTheFirstPositionLeavesNoDeadlineBehind() {
        var merger = merger()
        _ = merger.get(base, from: 1, at: 0)
        _ = merger.lost(LinkID(1), now: .at(500))
        #expect(merger.tick(now: .at(1000)).isEmpty)
        #expect(merger.nextDeadline == nil)
    }

    @Test func aKeyIsDeliveredOnce() {
        var merger = merger()
        _ = merger.get(base, from: 1, at: 0)
        #expect(merger.get(base, from: 2, at: 1) == ["deliver base/k"])
        #expect(merger.get(base, from: 3, at: 2) == [])
        #expect(merger.get(base, from: merger.active!.number, at: 3) == [])
        #expect(merger.statistics.duplicates == 1)
    }

    @Test func withinAPositionOnlyTheActivePublisherIsHeard() {
        var merger = agreed()
        let other = merger.other
        #expect(merger.get(base, "new", from: other, at: 10) == [])
        #expect(merger.get(base, "mine", from: merger.active!.number, at: 11) == ["deliver base/mine"])
    }

    @Test func whatGrewOutOfTheCurrentPositionIsDeliveredAtOnceWhoeverSentIt() {
        var merger = agreed()
        let other = merger.other
        #expect(merger.get(base.child("b1"), from: other, at: 10) == ["deliver b1/k"])
        #expect(merger.active == LinkID(other))
    }

    @Test func severalStepsAreTakenInTheirOrder() {
        var merger = merger(5)
        _ = merger.get(base.child("b1").child("b2"), from: 1, at: 0)
        _ = merger.get(base, from: 2, at: 1)
        #expect(merger.get(base.child("b1"), from: 3, at: 2) == ["deliver base/k", "deliver b1/k", "deliver b2/k"])
    }

    @Test func theHeldItemIsDeliveredWhenTheActivePublisherDies() {
        var merger = agreed()
        _ = merger.get(base, "held", from: merger.other, at: 10)
        #expect(merger.lost(merger.active!, now: .at(20)).news == ["deliver base/held"])
        #expect(merger.statistics.switches == 1)
    }

    @Test func aHeldItemWhoseKeyIsOutIsNotDeliveredAgain() {
        var merger = agreed()
        #expect(merger.lost(merger.active!, now: .at(20)).news == [])
        #expect(merger.active != nil)
    }

    /// One that is not ready is treated as one that drains; ready again, it may lead again.
    @Test func aPublisherThatReturnsMayLeadAgain() {
        var merger = agreed()
        let (active, other) = (merger.active!, LinkID(merger.other))
        _ = merger.draining(active, now: .at(20))
        #expect(merger.active == other)
        merger.returned(active)
        _ = merger.draining(other, now: .at(30))
        #expect(merger.active == active)
    }

    @Test func aDrainingPublisherHandsOver() {
        var merger = agreed()
        let (active, other) = (merger.active!, merger.other)
        _ = merger.get(base, "held", from: other, at: 10)
        #expect(merger.draining(active, now: .at(20)).news == ["deliver base/held"])
        #expect(merger.active == LinkID(other))
    }

    @Test func aPublisherThatLagsTwoItemsBehindHandsOver() {
        var merger = agreed()
        let other = merger.other
        #expect(merger.get(base, "x1", from: other, at: 10) == [])
        #expect(merger.get(base, "x2", from: other, at: 11) == ["deliver base/x2"])
        #expect(merger.active == LinkID(other))
    }

    @Test func whatAPublisherThatNeverAppearedSaysIsIgnored() {
        var merger = merger()
        #expect(merger.get(base, from: 9, at: 0) == [])
    }

    private func agreed() -> Merger {
        var merger = merger()
        for publisher in 1...3 { _ = merger.get(base, from: UInt64(publisher), at: 0) }
        return merger
    }
}

extension Merger {
    /// A publisher that is not active.
    var other: UInt64 { publishers.keys.filter { $0 != active }.min()!.number }
}
