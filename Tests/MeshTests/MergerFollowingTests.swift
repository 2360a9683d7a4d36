internal import Testing

@testable internal import Mesh

/// What is followed when publishers disagree: forks, other networks, absurd claims, shorter chains.
@Suite struct MergerFollowingTests {
    let base = Block.base
    let tip = Block.base.child("b1")
    /// A branch from below the tip with more work.
    let fork = Block.base.child("x1").child("x2")

    private func agreed(_ count: UInt64 = 3) -> Merger {
        var merger = merger(count)
        for publisher in 1...count { _ = merger.get(tip, from: publisher, at: 0) }
        return merger
    }

    @Test func aForkOnOneWordIsNotFollowed() {
        var merger = agreed()
        #expect(merger.get(fork, from: merger.other, at: 10) == [])
        #expect(merger.tick(now: .at(60_000)).isEmpty)
        // And what cannot be followed does not keep anybody awake.
        #expect(merger.nextDeadline == nil)
    }

    @Test func theActivePublishersWordAloneIsNotEnoughBesideTwoOthers() {
        var merger = agreed()
        #expect(merger.get(fork, from: merger.active!.number, at: 10).filter { $0.contains("x2") } == [])
        #expect(merger.current?.parent == "b1")
    }

    @Test func theActivePublishersWordIsEnoughBesideOneOther() {
        var merger = agreed(2)
        #expect(merger.get(fork, from: merger.active!.number, at: 10) == ["deliver x2/k"])
    }

    @Test func aForkWithAMajorityIsFollowedAtOnce() {
        var merger = agreed()
        #expect(merger.get(fork, from: 2, at: 10).isEmpty)
        #expect(merger.get(fork, from: 3, at: 20) == ["deliver x2/k"])
        #expect(merger.statistics.resets == 0)
    }

    @Test func aTieGoesToMoreWorkAfterFiveSeconds() {
        var merger = agreed(2)
        #expect(merger.get(fork, from: merger.other, at: 0) == [])
        #expect(merger.nextDeadline == .at(5000))
        #expect(merger.tick(now: .at(4999)).isEmpty)
        #expect(merger.tick(now: .at(5000)).texts == ["alarm", "deliver x2/k"])
    }

    @Test func aBranchThatGoesOnGrowingStaysTheSameChallenge() {
        var merger = agreed(2)
        let other = merger.other
        _ = merger.get(fork, from: other, at: 0)
        _ = merger.get(fork.child("x3"), from: other, at: 3000)
        #expect(merger.tick(now: .at(5000)).news == ["deliver x3/k"])
    }

    @Test func anotherLineageIsNeverDelivered() {
        var merger = agreed()
        let wrong = fork.item(lineage: "test")
        #expect(merger.received(wrong, from: LinkID(3), now: .at(10)).texts == ["alarm"])
        #expect(merger.received(wrong, from: LinkID(3), now: .at(11)).isEmpty)
        #expect(merger.statistics.quarantined == 2)
        #expect(merger.lost(LinkID(1), now: .at(12)).news.isEmpty)
        #expect(merger.lost(LinkID(2), now: .at(13)).news.isEmpty)
        #expect(merger.tick(now: .at(60_000)).news.isEmpty)
    }

    @Test func aLineageThatIsKnownBeforehandNeedsNoMajority() {
        var policy = Merger.Policy()
        policy.lineage = "main"
        var merger = merger(policy: policy)
        for publisher in 1...2 {
            _ = merger.received(fork.item(lineage: "test"), from: LinkID(UInt64(publisher)), now: .at(0))
        }
        #expect(merger.get(tip, from: 3, at: 0) == [])
        #expect(merger.tick(now: .at(1000)).news == ["deliver b1/k"])
    }

    @Test func aLineageThatOneBroughtInIsLeftForThatOfTwo() {
        var merger = merger()
        _ = merger.received(tip.item(lineage: "test"), from: LinkID(1), now: .at(0))
        #expect(merger.tick(now: .at(1000)).news == ["deliver b1/k"])
        #expect(merger.get(tip, from: 2, at: 2000) == [])
        #expect(merger.get(tip, from: 3, at: 3000) == [])
        #expect(merger.nextDeadline == .at(8000))
        #expect(merger.tick(now: .at(7999)).isEmpty)
        #expect(merger.tick(now: .at(8000)).news == ["reset b1/k"])
        #expect(merger.current?.lineage == "main")
        // From now on two have agreed.
        for publisher in 2...3 { _ = merger.lost(LinkID(UInt64(publisher)), now: .at(9000)) }
        #expect(merger.tick(now: .at(60_000)).news.isEmpty)
    }

    @Test func aLineageThatTwoAgreedOnIsNeverLeft() {
        var merger = agreed(5)
        for publisher in 3...5 {
            _ = merger.received(fork.item(lineage: "test"), from: LinkID(UInt64(publisher)), now: .at(10))
        }
        #expect(merger.tick(now: .at(60_000)).news.isEmpty)
    }

    @Test func workOutOfProportionIsNotBelievedOnOneWord() {
        var merger = agreed()
        #expect(merger.get(tip.child("absurd", work: 1 << 50), from: 2, at: 10) == [])
        #expect(merger.get(tip.child("absurd", work: 1 << 50), from: 3, at: 20) == ["deliver absurd/k"])
    }

    @Test func aHeightThatDoesNotAddUpIsNotBelievedOnOneWord() {
        var merger = agreed()
        var odd = tip.child("odd")
        odd.height += 5
        #expect(merger.get(odd, from: 2, at: 10) == [])
        #expect(merger.current?.parent == "b1")
    }

    @Test func aMajorityOnAnotherBranchIsFollowedAfterFiveSecondsWhateverItsWork() {
        var merger = agreed()
        // One publisher's block looks like any other new block, and is not.
        #expect(merger.get(tip.child("y2"), from: 1, at: 0) == ["deliver y2/k"])
        _ = merger.get(tip.child("b2"), from: 2, at: 100)
        _ = merger.get(tip.child("b2"), from: 3, at: 200)
        #expect(merger.nextDeadline == .at(5200))
        #expect(merger.tick(now: .at(5200)).news == ["reset b2/k"])
    }

    @Test func aLaggardBelowTheForkHidesNoMajority() {
        var merger = agreed()
        let wrong = tip.child("y2")
        #expect(merger.get(wrong, from: 3, at: 0) == ["deliver y2/k"])
        // All support the tip, below the fork; two support the branch.
        _ = merger.get(tip.child("b2"), from: 1, at: 0)
        for publisher in 4...5 { merger.appeared(LinkID(UInt64(publisher))) }
        for publisher in 4...5 { _ = merger.get(tip.child("b2"), from: UInt64(publisher), at: 0) }
        #expect(merger.tick(now: .at(5000)).news == ["reset b2/k"])
    }

    @Test func aWrongBranchThatGrowsFasterIsLeftAllTheSame() {
        var merger = agreed()
        var wrong = tip.child("y2")
        _ = merger.get(wrong, from: 1, at: 0)
        _ = merger.get(tip.child("b2"), from: 2, at: 0)
        _ = merger.get(tip.child("b2"), from: 3, at: 0)
        for second in 1...4 {
            wrong = wrong.child("y\(second + 2)")
            #expect(merger.get(wrong, from: 1, at: Int64(second) * 1000) == ["deliver \(wrong.name)/k"])
        }
        #expect(merger.tick(now: .at(5000)).news == ["reset b2/k"])
    }

    @Test func aPositionThatNobodySupportsIsLeftAfterTenSeconds() {
        var merger = agreed()
        for publisher in 1...3 { _ = merger.lost(LinkID(UInt64(publisher)), now: .at(0)) }
        for publisher in 4...6 {
            merger.appeared(LinkID(UInt64(publisher)))
            #expect(merger.get(base, from: UInt64(publisher), at: 1000) == [])
        }
        #expect(merger.nextDeadline == .at(11_000))
        #expect(merger.tick(now: .at(10_999)).isEmpty)
        #expect(merger.tick(now: .at(11_000)).news == ["reset base/k"])
        #expect(merger.statistics.resets == 1)
    }

    @Test func aLowerPositionIsNotFollowedWhileOnePublisherStandsAtTheCurrentOne() {
        var merger = agreed()
        _ = merger.get(base, from: 1, at: 0)
        _ = merger.get(base, from: 2, at: 0)
        #expect(merger.tick(now: .at(60_000)).isEmpty)
        #expect(merger.active == LinkID(3))
    }

    @Test func afterAResetAKeyMayComeAgain() {
        var merger = agreed()
        for publisher in 1...3 { _ = merger.get(base, from: UInt64(publisher), at: 0) }
        #expect(merger.tick(now: .at(10_000)).news == ["reset base/k"])
        #expect(merger.get(tip, from: 1, at: 11_000) == ["deliver b1/k"])
    }
}
