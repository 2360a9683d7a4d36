internal import Mining
internal import Testing

@testable internal import stratum

@Suite struct BlockCampaignTests {
    private let start = ContinuousClock.now
    private let both = [
        BlockCampaign.Jobmanager(instance: "jm-1", isReachable: true),
        BlockCampaign.Jobmanager(instance: "jm-2", isReachable: true),
    ]
    private var campaign: BlockCampaign

    init() { campaign = BlockCampaign(hash: "00ff", at: start) }

    private func time(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func verdict(_ outcome: BlockVerdict.Outcome, _ reasons: [String: String] = [:]) -> BlockVerdict {
        BlockVerdict(hash: "00ff", outcome: outcome, reasons: reasons)
    }

    private func call(_ instance: String, job: Bool = false) -> BlockCampaign.Action {
        .call(instance: instance, sendsJob: job)
    }

    @Test mutating func `all are called at once, and the first acceptance decides`() {
        #expect(campaign.know(both, at: start) == [call("jm-1"), call("jm-2")])
        #expect(campaign.nextTick == nil)
        let actions = campaign.answered("jm-2", verdict(.accepted, ["d": "accepted"]), at: time(1), random: 0)
        #expect(actions == [.decided(verdict(.accepted, ["d": "accepted"]))])
        #expect(campaign.answered("jm-1", verdict(.rejected), at: time(1), random: 0) == [])
        #expect(campaign.tick(at: time(100)) == [])
    }

    @Test mutating func `who does not know the job gets it at once`() {
        _ = campaign.know(both, at: start)
        #expect(campaign.answered("jm-1", verdict(.unknownJob), at: time(1), random: 0) == [call("jm-1", job: true)])
        // Should it still say so, it is not asked in a circle.
        #expect(campaign.answered("jm-1", verdict(.unknownJob), at: time(1), random: 0) == [])
        #expect(campaign.tick(at: time(1.2)) == [call("jm-1", job: true)])
    }

    @Test mutating func `one that does not decide is asked again, with pauses that grow up to a bound`() {
        _ = campaign.know([both[0]], at: start)
        var now = time(0)
        var pauses: [Duration] = []
        for _ in 0..<10 {
            #expect(campaign.answered("jm-1", verdict(.undecided), at: now, random: 0.5) == [])
            let next = try! #require(campaign.nextTick)
            pauses.append(next - now)
            now = next
            #expect(campaign.tick(at: now) == [call("jm-1")])
        }
        #expect(pauses.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
        #expect(pauses.last == .seconds(30))
    }

    @Test mutating func `a jobmanager that appears later, or comes back, gets it at once`() {
        #expect(campaign.know([], at: start) == [])
        #expect(campaign.nextTick == nil)
        let absent = BlockCampaign.Jobmanager(instance: "jm-1", isReachable: false)
        #expect(campaign.know([absent], at: time(1)) == [])
        #expect(campaign.know([both[0]], at: time(2)) == [call("jm-1")])
        for _ in 0..<8 { _ = campaign.failed("jm-1", "gone", at: time(3), random: 0) + campaign.tick(at: time(60)) }
        _ = campaign.failed("jm-1", "gone", at: time(100), random: 0)
        #expect(campaign.know([absent], at: time(101)) == [])
        #expect(campaign.know(both, at: time(102)) == [call("jm-1"), call("jm-2")])
        #expect(campaign.reasons == ["jm-1": "gone"])
    }

    @Test mutating func `refused by all that are known it is decided, but not before others could appear`() {
        _ = campaign.know(both, at: start)
        #expect(campaign.answered("jm-1", verdict(.rejected, ["d1": "bad"]), at: time(1), random: 0) == [])
        #expect(campaign.answered("jm-2", verdict(.rejected, ["d2": "bad"]), at: time(2), random: 0) == [])
        #expect(campaign.nextTick == time(10))
        let reasons = ["d1": "bad", "d2": "bad"]
        #expect(campaign.tick(at: time(10)) == [.decided(verdict(.rejected, reasons))])
    }

    @Test mutating func `one jobmanager that cannot be asked keeps it open, until the mesh forgets it`() {
        _ = campaign.know(both, at: start)
        _ = campaign.answered("jm-1", verdict(.orphaned), at: time(1), random: 0)
        _ = campaign.failed("jm-2", "connection lost", at: time(1), random: 0)
        let gone = BlockCampaign.Jobmanager(instance: "jm-2", isReachable: false)
        #expect(campaign.know([both[0], gone], at: time(20)) == [])
        #expect(campaign.know([both[0]], at: time(600)) == [.decided(verdict(.orphaned))])
    }

    @Test mutating func `one that is forgotten during its call is waited for no longer than the call`() {
        _ = campaign.know(both, at: start)
        _ = campaign.answered("jm-1", verdict(.rejected), at: time(1), random: 0)
        #expect(campaign.know([both[0]], at: time(11)) == [], "its answer may still come")
        #expect(campaign.failed("jm-2", "no answer", at: time(12), random: 0) == [.decided(verdict(.rejected))])
    }

    @Test mutating func `one that is forgotten during its call may still accept, and may come back`() {
        _ = campaign.know(both, at: start)
        _ = campaign.know([], at: time(1))
        #expect(campaign.failed("jm-1", "gone", at: time(2), random: 0) == [])
        #expect(campaign.know([both[0]], at: time(3)) == [call("jm-1")])
        #expect(campaign.answered("jm-2", verdict(.accepted), at: time(4), random: 0) == [.decided(verdict(.accepted))])
    }

    @Test mutating func `orphaned by one weighs more than rejected by another`() {
        _ = campaign.know(both, at: start)
        _ = campaign.answered("jm-1", verdict(.orphaned), at: time(1), random: 0)
        _ = campaign.answered("jm-2", verdict(.rejected), at: time(1), random: 0)
        #expect(campaign.tick(at: time(10)) == [.decided(verdict(.orphaned))])
    }
}
