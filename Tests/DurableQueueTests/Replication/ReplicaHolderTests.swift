internal import DurableQueue
internal import Foundation
internal import Testing

/// A member's side, one message at a time.
@Suite struct ReplicaHolderTests {
    let origin = UUID()
    let first = TakeoverEpoch(number: 1, owner: "a")
    let second = TakeoverEpoch(number: 2, owner: "c")

    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func holder() -> ReplicaHolder {
        ReplicaHolder(
            origin: origin, member: "b", mark: ReplicaMark(), unfinished: [], finished: [],
            configuration: ReplicationConfiguration(), now: time(0))
    }

    private func entry(_ sequence: UInt64) -> ReplicaRecord {
        .add(
            Entry(
                identity: EntryIdentity(origin: origin, sequence: sequence), id: "\(sequence)", enqueued: time(0),
                payload: [1]))
    }

    private func append(_ epoch: TakeoverEpoch, after: UInt64, _ records: [ReplicaRecord]) -> ReplicaMessage {
        .append(ReplicaAppend(epoch: epoch, after: after, records: records, sent: time(7)))
    }

    private func standing(_ epoch: TakeoverEpoch, _ synced: UInt64?, _ resumesAfter: UInt64? = nil) -> ReplicaMessage {
        .standing(ReplicaStanding(epoch: epoch, synced: synced, resumesAfter: resumesAfter, sent: time(7)))
    }

    private func end(_ number: UInt64, _ members: Set<MemberID>, held: SequenceSet) -> SnapshotPart.End {
        SnapshotPart.End(number: number, roster: Roster(replicas: 1, members: members), held: held)
    }

    private func part(
        _ epoch: TakeoverEpoch, survey: Int64 = 7, at position: ReplicaPosition? = nil, _ number: Int,
        _ records: [ReplicaRecord], end: SnapshotPart.End? = nil
    ) -> ReplicaMessage {
        .snapshot(
            SnapshotPart(
                epoch: epoch, survey: time(survey), position: position, part: number, records: records, end: end,
                sent: time(survey)))
    }

    private func position(_ number: UInt64) -> ReplicaPosition { ReplicaPosition(epoch: first, number: number) }

    /// One that has an empty snapshot of the first epoch on its disk.
    private func follower() -> ReplicaHolder {
        var holder = holder()
        _ = holder.receive(.survey(first, sent: time(7)), from: "a", now: time(0))
        _ = holder.persisted(1)
        _ = holder.receive(part(first, 0, [], end: end(0, ["a", "b", "c"], held: [])), from: "a", now: time(0))
        _ = holder.persisted(2)
        return holder
    }

    @Test func confirmsOnlyWhatIsOnTheDisk() {
        var holder = follower()
        let actions = holder.receive(append(first, after: 0, [entry(1), entry(2)]), from: "a", now: time(10))
        guard case .persist(let write) = actions.first, actions.count == 1 else {
            Issue.record("\(actions) instead of a write")
            return
        }
        #expect(write.mark.position == position(2))
        let asked = holder.receive(append(first, after: 2, []), from: "a", now: time(11))
        #expect(asked == [.send(standing(first, 0), to: "a")])
        #expect(holder.persisted(write.number) == [.send(standing(first, 2), to: "a")])
    }

    @Test func leavesNoGapAndTakesNothingTwice() {
        var holder = follower()
        let gap = holder.receive(append(first, after: 3, [entry(4)]), from: "a", now: time(10))
        #expect(gap == [.send(standing(first, 0, 0), to: "a")])
        _ = holder.receive(append(first, after: 0, [entry(1), entry(2)]), from: "a", now: time(10))
        _ = holder.receive(append(first, after: 1, [entry(2), entry(3)]), from: "a", now: time(10))
        #expect(holder.mark.position?.number == 3)
        #expect(holder.unfinished == [1, 2, 3])
    }

    @Test func needsASnapshotOfEveryEpoch() {
        var holder = follower()
        let actions = holder.receive(append(second, after: 0, [entry(1)]), from: "c", now: time(10))
        #expect(actions.count == 1, "it answers an owner that its disk does not know of")
        #expect(holder.receive(append(second, after: 0, []), from: "c", now: time(11)).isEmpty)
        let answer = ReplicaHolder.Action.send(standing(second, nil), to: "c")
        #expect(holder.persisted(3) == [answer, answer])
        #expect(holder.receive(append(second, after: 0, []), from: "c", now: time(12)) == [answer])
        #expect(holder.unfinished.isEmpty)
    }

    @Test func grantsOnceItsOwnerIsSilentAndOnDisk() {
        var holder = follower()
        let early = holder.receive(.claim(second), from: "c", now: time(1999))
        #expect(early == [.send(.refused(second, known: first), to: "c")])
        let actions = holder.receive(.claim(second), from: "c", now: time(2000))
        #expect(actions.count == 1, "the grant does not wait for the disk")
        guard case .persist(let write) = actions.first else { return }
        #expect(write.mark.granted == second)
        guard case .send(.granted(second, let report), to: "c") = holder.persisted(write.number).first else {
            Issue.record("no grant after the fsync")
            return
        }
        #expect(report.position == position(0))
        let refused: [ReplicaHolder.Action] = [.send(.refused(first, known: second), to: "a")]
        #expect(holder.receive(append(first, after: 0, [entry(1)]), from: "a", now: time(2001)) == refused)
        let other = TakeoverEpoch(number: 2, owner: "b")
        let again = holder.receive(.claim(other), from: "b", now: time(9000))
        #expect(again == [.send(.refused(other, known: second), to: "b")], "a lower epoch was granted after a higher")
    }

    @Test func saysWhatItHoldsAndDropsWhatTheOwnerHasNot() {
        var holder = follower()
        _ = holder.receive(append(first, after: 0, [entry(1), entry(2)]), from: "a", now: time(10))
        _ = holder.receive(append(first, after: 2, [.completed([2], at: time(9))]), from: "a", now: time(10))
        #expect(holder.receive(.survey(second, sent: time(7)), from: "c", now: time(20)).count == 1)
        guard case .send(.surveyed(second, let report, sent: time(7)), to: "c") = holder.persisted(5).last else {
            Issue.record("no answer once what it holds is on the disk")
            return
        }
        #expect(report.unfinished == [1] && report.finished == [2] && report.position == position(3))
        _ = holder.receive(part(second, at: position(3), 0, [entry(3)]), from: "c", now: time(21))
        #expect(holder.unfinished == [1, 3])
        let last = part(second, at: position(3), 1, [entry(5)], end: end(5, ["b", "c"], held: [2, 3, 5]))
        _ = holder.receive(last, from: "c", now: time(22))
        #expect(holder.unfinished == [3, 5] && holder.finished == [2])
        #expect(holder.mark.position == ReplicaPosition(epoch: second, number: 5))
        #expect(holder.mark.roster == Roster(replicas: 1, members: ["b", "c"]))
    }

    @Test func takesNoPartOfAnEarlierSnapshot() {
        var holder = follower()
        _ = holder.receive(.survey(second, sent: time(7)), from: "c", now: time(20))
        _ = holder.receive(part(second, at: position(0), 0, [entry(1)]), from: "c", now: time(21))
        _ = holder.receive(.survey(second, sent: time(30)), from: "c", now: time(30))
        let late = part(second, at: position(0), 1, [], end: end(9, ["b", "c"], held: []))
        #expect(holder.receive(late, from: "c", now: time(31)).isEmpty)
        #expect(holder.receive(part(second, at: position(0), 0, [entry(2)]), from: "c", now: time(31)).isEmpty)
        #expect(holder.unfinished == [1] && holder.mark.position?.epoch == first)
        // Nor does what was asked before make the later question void.
        #expect(holder.receive(.survey(second, sent: time(7)), from: "c", now: time(32)).isEmpty)
        _ = holder.receive(part(second, survey: 30, at: position(0), 0, [entry(2)]), from: "c", now: time(33))
        #expect(holder.unfinished == [1, 2])
    }

    @Test func takesNoPartOfASnapshotOnceItTookWhatFollows() {
        var holder = follower()
        _ = holder.receive(append(first, after: 0, [entry(1)]), from: "a", now: time(10))
        _ = holder.receive(.survey(first, sent: time(20)), from: "a", now: time(20))
        _ = holder.receive(append(first, after: 1, [entry(2)]), from: "a", now: time(21))
        let late = part(first, survey: 20, at: position(1), 0, [], end: end(1, ["a", "b", "c"], held: [1]))
        #expect(holder.receive(late, from: "a", now: time(22)).isEmpty)
        #expect(holder.unfinished == [1, 2] && holder.mark.position?.number == 2)
        // Nor once it has forgotten that it was asked.
        var restarted = ReplicaHolder(
            origin: origin, member: "b", mark: holder.mark, unfinished: holder.unfinished, finished: holder.finished,
            configuration: ReplicationConfiguration(), now: time(30))
        _ = restarted.receive(.survey(first, sent: time(20)), from: "a", now: time(31))
        #expect(restarted.receive(late, from: "a", now: time(32)).isEmpty)
        #expect(restarted.unfinished == [1, 2] && restarted.mark.position?.number == 2)
    }

    @Test func messagesAreCodable() throws {
        let messages: [ReplicaMessage] = [
            .claim(first), .refused(second, known: nil),
            append(first, after: 3, [entry(4), .roster(Roster(replicas: 1, members: ["a"]))]),
            standing(first, 2, 1), .fetched(first, of: [1], [entry(1), .completed([1], at: time(5))]),
        ]
        for message in messages {
            let bytes = try JSONEncoder().encode(message)
            #expect(try JSONDecoder().decode(ReplicaMessage.self, from: bytes) == message)
        }
    }
}
