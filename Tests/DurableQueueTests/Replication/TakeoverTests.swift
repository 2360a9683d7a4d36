internal import DurableQueue
internal import Testing

@Suite struct TakeoverTests {
    let epoch = TakeoverEpoch(number: 2, owner: "b")
    let roster = Roster(replicas: 1, members: ["a", "b", "c"])
    let start = Timestamp(milliseconds: 0)

    private func report(at number: UInt64?, unfinished: SequenceSet, finished: SequenceSet = []) -> HoldingReport {
        HoldingReport(
            position: number.map { ReplicaPosition(epoch: TakeoverEpoch(number: 1, owner: "a"), number: $0) },
            roster: roster, unfinished: unfinished, finished: finished)
    }

    private func takeover() -> Takeover {
        let (takeover, actions) = Takeover.claiming(
            epoch, roster: roster, configuration: ReplicationConfiguration(), now: start)
        #expect(actions == ["a", "c"].map { .send(.claim(epoch), to: $0) })
        return takeover
    }

    @Test func asksItselfOnceTheOthersSuffice() {
        var takeover = takeover()
        let asked = takeover.receive(.granted(epoch, report(at: 5, unfinished: [1])), from: "a", now: start)
        #expect(asked == [.send(.claim(epoch), to: "b")])
        let own = takeover.receive(.granted(epoch, report(at: 5, unfinished: [1])), from: "b", now: start)
        #expect(own == [.own(Takeover.Merged(epoch: epoch, roster: roster, records: []))])
        // Where it is enough alone, at once.
        let (_, actions) = Takeover.claiming(
            epoch, roster: Roster(replicas: 1, members: ["b"]), configuration: ReplicationConfiguration(), now: start)
        #expect(actions == [.send(.claim(epoch), to: "b")])
    }

    @Test func waitsAndSaysForWhom() {
        var takeover = takeover()
        #expect(takeover.receive(.granted(epoch, report(at: 5, unfinished: [1])), from: "b", now: start).isEmpty)
        #expect(takeover.waitingFor == ["a", "c"])
        let again: [Takeover.Action] = ["a", "c"].map { .send(.claim(epoch), to: $0) }
        #expect(takeover.tick(now: start + .milliseconds(199)).isEmpty)
        #expect(takeover.tick(now: start + .milliseconds(200)) == again)
        #expect(takeover.tick(now: start + .milliseconds(1000)) == again + [.wait(for: ["a", "c"])])
        #expect(takeover.tick(now: start + .milliseconds(1200)) == again)
    }

    @Test func takesWhatCameFurthestAndFetchesWhatItLacks() {
        var takeover = takeover()
        let own = report(at: 5, unfinished: [1, 2, 3], finished: [])
        let further = report(at: 9, unfinished: [2, 4], finished: [3])
        #expect(takeover.receive(.granted(epoch, own), from: "b", now: start).isEmpty)
        let fetch = takeover.receive(.granted(epoch, further), from: "c", now: start)
        #expect(fetch == [.send(.fetch(epoch, [3, 4]), to: "c")])
        #expect(takeover.waitingFor.isEmpty)
        let records: [ReplicaRecord] = [.completed([3], at: start)]
        let merged = takeover.receive(.fetched(epoch, of: [3, 4], records), from: "c", now: start)
        #expect(merged == [.own(Takeover.Merged(epoch: epoch, roster: roster, records: records + [.forgotten([1])]))])
    }

    @Test func whatAnyoneFinishedIsFinished() {
        var takeover = takeover()
        _ = takeover.receive(.granted(epoch, report(at: 9, unfinished: [1, 2])), from: "b", now: start)
        let merged = takeover.receive(
            .granted(epoch, report(at: 5, unfinished: [2], finished: [1])), from: "c", now: start)
        #expect(
            merged == [.own(Takeover.Merged(epoch: epoch, roster: roster, records: [.completed([1], at: start)]))])
    }

    @Test func givesUpWhenItsSourceIsGone() {
        var takeover = takeover()
        _ = takeover.receive(.granted(epoch, report(at: 5, unfinished: [])), from: "b", now: start)
        _ = takeover.receive(.granted(epoch, report(at: 9, unfinished: [1])), from: "c", now: start)
        #expect(takeover.tick(now: start + .milliseconds(999)).isEmpty)
        #expect(takeover.tick(now: start + .milliseconds(1000)) == [.giveUp(above: 2)])
    }

    @Test func whoIsNoMemberAnyMoreCountsForNothingAndLeadsOn() {
        var takeover = takeover()
        let left = HoldingReport(
            position: nil, roster: Roster(replicas: 1, members: ["a", "b", "d"]), unfinished: [], finished: [])
        let actions = takeover.receive(.granted(epoch, left), from: "c", now: start)
        #expect(actions == [.send(.claim(epoch), to: "d")])
        #expect(takeover.receive(.granted(epoch, report(at: 5, unfinished: [])), from: "b", now: start).isEmpty)
        #expect(takeover.waitingFor == ["a", "d"])
    }

    @Test func givesUpForAHigherEpochOnly() {
        var takeover = takeover()
        #expect(
            takeover.receive(.refused(epoch, known: TakeoverEpoch(number: 1, owner: "a")), from: "c", now: start)
                .isEmpty)
        let known = TakeoverEpoch(number: 7, owner: "c")
        #expect(takeover.receive(.refused(epoch, known: known), from: "c", now: start) == [.giveUp(above: 7)])
    }
}
