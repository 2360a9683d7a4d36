internal import DurableQueue
internal import Foundation
internal import Testing

/// An owner's side, one message at a time.
@Suite struct ReplicaSourceTests {
    let epoch = TakeoverEpoch(number: 1, owner: "a")
    let origin = UUID()
    let start = Timestamp(milliseconds: 0)

    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func source(
        _ members: Set<MemberID> = ["a", "b", "c"], _ change: (inout ReplicationConfiguration) -> Void = { _ in }
    ) -> ReplicaSource {
        var configuration = ReplicationConfiguration()
        change(&configuration)
        return ReplicaSource(
            origin: origin, epoch: epoch, roster: Roster(replicas: 1, members: members), configuration: configuration,
            now: start)
    }

    private func add(_ sequence: UInt64) -> ReplicaRecord {
        .add(
            Entry(
                identity: EntryIdentity(origin: origin, sequence: sequence), id: "\(sequence)", enqueued: start,
                payload: [1]))
    }

    private func standing(_ synced: UInt64?, _ resumesAfter: UInt64? = nil, sent: Int64 = 0) -> ReplicaMessage {
        .standing(ReplicaStanding(epoch: epoch, synced: synced, resumesAfter: resumesAfter, sent: time(sent)))
    }

    private func survey(_ member: MemberID, at milliseconds: Int64 = 0) -> ReplicaSource.Action {
        .send(.survey(epoch, sent: time(milliseconds)), to: member)
    }

    /// Asks a member what it holds, as if it lacked these of all that there is.
    private func ask(
        _ member: MemberID, _ source: inout ReplicaSource, lacking: SequenceSet = [], at milliseconds: Int64 = 0
    ) -> [ReplicaSource.Action] {
        let now = time(milliseconds)
        let asked = source.receive(standing(nil, sent: milliseconds), from: member, now: now)
        #expect(asked.contains(survey(member, at: milliseconds)))
        return source.surveyed(member, at: nil, held: lacking, lacking: lacking, sent: now, now: now)
    }

    /// Gives a member a snapshot without anything that it lacks, so that it follows.
    private func bringIn(_ member: MemberID, _ source: inout ReplicaSource, at milliseconds: Int64 = 0) {
        #expect(parts(ask(member, &source, at: milliseconds)) == [0])
        let now = time(milliseconds)
        _ = source.receive(.installed(epoch, part: 0, sent: now), from: member, now: now)
    }

    private func safe(_ actions: [ReplicaSource.Action]) -> [UInt64] {
        actions.flatMap { action -> [UInt64] in if case .safe(let sequences) = action { sequences } else { [] } }
    }

    @Test func anEntryIsSafeOnceEnoughHaveIt() {
        var source = source()
        _ = source.append([add(1), add(2)], now: start)
        bringIn("b", &source)
        _ = source.append([add(3)], now: start)
        #expect(safe(source.receive(standing(2), from: "c", now: start)).isEmpty, "it has no snapshot")
        #expect(safe(source.receive(standing(3), from: "b", now: start)) == [3])
    }

    @Test func moreReplicasThanTheRosterKnowsAreWaitedFor() {
        let roster = Roster(replicas: 1, members: ["a", "b", "c"])
        var source = ReplicaSource(
            origin: origin, epoch: epoch, roster: roster, leastReplicas: 2, configuration: ReplicationConfiguration(),
            now: start)
        #expect(source.replicas == 2)
        bringIn("b", &source)
        bringIn("c", &source)
        _ = source.append([add(1)], now: start)
        #expect(safe(source.receive(standing(1), from: "b", now: start)).isEmpty, "one more has to have it")
        #expect(safe(source.receive(standing(1), from: "c", now: start)) == [1])
    }

    @Test func aSnapshotMakesSafeWhatItShows() {
        var source = source()
        #expect(source.await([4, 7], now: start).isEmpty)
        let read = ask("b", &source, lacking: [4, 7])
        #expect(read == [.readSnapshot([4, 7], for: "b", survey: start)])
        _ = source.snapshotRead([4, 7], [add(4), add(7)], for: "b", survey: start, now: start)
        #expect(safe(source.receive(.installed(epoch, part: 0, sent: start), from: "b", now: start)) == [4, 7])
    }

    private func parts(_ actions: [ReplicaSource.Action]) -> [Int] {
        actions.compactMap { action in if case .send(.snapshot(let part), _) = action { part.part } else { nil } }
    }

    @Test func twoPartsOfASnapshotAreUnderWay() {
        var source = source { $0.snapshotEntries = 2 }
        let read = { (page: SequenceSet) in ReplicaSource.Action.readSnapshot(page, for: "b", survey: start) }
        #expect(ask("b", &source, lacking: [1, 2, 4, 5, 8]) == [read([1, 2])])
        let first = source.snapshotRead([1, 2], [add(1), add(2)], for: "b", survey: start, now: start)
        #expect(parts(first) == [0] && first.contains(read([4, 5])))
        // There is room for one of them in a message.
        let second = source.snapshotRead([4], [add(4)], for: "b", survey: start, now: start)
        #expect(parts(second) == [1] && second.count == 1)
        let installed = source.receive(.installed(epoch, part: 0, sent: start), from: "b", now: start)
        #expect(installed.contains(read([5, 8])))
        let third = source.snapshotRead([5, 8], [add(5), add(8)], for: "b", survey: start, now: start)
        #expect(parts(third) == [2])
        _ = source.receive(.installed(epoch, part: 1, sent: start), from: "b", now: start)
        #expect(source.lags["b"] == nil)
        _ = source.receive(.installed(epoch, part: 2, sent: start), from: "b", now: start)
        #expect(source.lags["b"] == 0)
    }

    @Test func whatCameForAnEarlierSnapshotCountsForNothing() {
        var source = source()
        _ = ask("b", &source, lacking: [1])
        // It has been silent for too long, and is asked anew.
        _ = source.tick(reachable: [], wanting: [], now: time(2000))
        #expect(source.surveyed("b", at: nil, held: [1], lacking: [1], sent: start, now: time(2000)).isEmpty)
        _ = ask("b", &source, lacking: [1], at: 2000)
        #expect(source.snapshotRead([1], [add(1)], for: "b", survey: start, now: time(2000)).isEmpty)
        _ = source.snapshotRead([1], [add(1)], for: "b", survey: time(2000), now: time(2000))
        _ = source.receive(.installed(epoch, part: 0, sent: start), from: "b", now: time(2001))
        #expect(source.lags["b"] == nil)
        _ = source.receive(.installed(epoch, part: 0, sent: time(2000)), from: "b", now: time(2001))
        #expect(source.lags["b"] == 0)
    }

    @Test func theBacklogIsKeptForAMemberThatCatchesUp() {
        var source = source { $0.backlogRecords = 10 }
        _ = ask("b", &source)
        for sequence in 1...50 { _ = source.append([add(UInt64(sequence))], now: start) }
        let installed = source.receive(.installed(epoch, part: 0, sent: start), from: "b", now: start)
        let follows = installed.contains { action in
            if case .send(.append(let append), "b") = action {
                append.after == 0 && append.records.count == 50
            } else {
                false
            }
        }
        #expect(follows && source.lags["b"] == 50)
        #expect(safe(source.receive(standing(50), from: "b", now: start)).count == 50)
        _ = source.append([add(51)], now: start)
        #expect(source.receive(standing(20), from: "c", now: start).contains(survey("c")))
    }

    @Test func theBacklogHasABoundInBytes() {
        var source = source { ($0.backlogRecords, $0.backlogBytes) = (10, 5000) }
        _ = ask("b", &source)
        for sequence in 1...50 { _ = source.append([add(UInt64(sequence))], now: start) }
        _ = source.receive(.installed(epoch, part: 0, sent: start), from: "b", now: start)
        #expect(source.lags["b"] == nil, "it gets a snapshot once more")
    }

    @Test func whoLacksWhatHasLeftTheBacklogIsAskedAnew() {
        var source = source { ($0.backlogRecords, $0.backlogBytes, $0.windowRecords) = (2, 1, 100) }
        bringIn("b", &source)
        // All of it is on its way when the backlog gives up the first of it; what was lost is one of these.
        for sequence: UInt64 in 1...7 { _ = source.append([add(sequence)], now: time(10)) }
        _ = source.receive(standing(0, 0, sent: 20), from: "b", now: time(20))
        #expect(source.lags["b"] == nil)
        #expect(source.receive(standing(0, 0, sent: 30), from: "b", now: time(30)).contains(survey("b", at: 30)))
    }

    @Test func aLateAnswerLeavesNobodyBehind() {
        var source = source { ($0.backlogRecords, $0.backlogBytes, $0.windowRecords) = (2, 1, 100) }
        bringIn("b", &source)
        for sequence: UInt64 in 1...7 { _ = source.append([add(sequence)], now: time(10)) }
        _ = source.receive(standing(7, sent: 20), from: "b", now: time(20))
        // What it lacked then has left the backlog, and was confirmed since.
        _ = source.receive(standing(0, 0, sent: 15), from: "b", now: time(21))
        #expect(source.lags["b"] == 0)
    }

    @Test func theLeaseCountsFromTheQuestion() {
        var source = source()
        #expect(!source.mayRun(now: start))
        bringIn("b", &source, at: 100)
        #expect(source.mayRun(now: time(1599)))
        #expect(!source.mayRun(now: time(1600)))
    }

    @Test func whatWasLostIsSentAgain() {
        var source = source()
        bringIn("b", &source)
        _ = source.append([add(1), add(2)], now: time(10))
        let actions = source.receive(standing(0, 0, sent: 11), from: "b", now: time(20))
        let sent = actions.contains { action in
            guard case .send(.append(let append), to: "b") = action else { return false }
            return append.after == 0 && append.records.count == 2
        }
        #expect(sent, "\(actions)")
    }

    @Test func aHigherEpochEndsIt() {
        var source = source()
        let higher = TakeoverEpoch(number: 2, owner: "b")
        #expect(source.receive(.refused(epoch, known: higher), from: "d", now: start).isEmpty, "it is not sent to")
        #expect(source.receive(.refused(epoch, known: higher), from: "b", now: start) == [.deposed(by: higher)])
        #expect(!source.mayRun(now: start))
        #expect(source.append([add(1)], now: start).isEmpty)
    }

    @Test func whatNobodyWasSentIsTakenBackAtOnce() {
        var source = source()
        _ = source.append([add(1)], now: start)
        #expect(source.append([.forgotten([1])], now: start).contains(.withdrawn([1])))
        // Nor is anybody sent it later.
        let first = source.receive(standing(0, 0), from: "b", now: start)
        let records = first.flatMap { action -> [ReplicaRecord] in
            if case .send(.append(let append), _) = action { append.records } else { [] }
        }
        #expect(records == [.forgotten([1]), .forgotten([1])])
    }

    @Test func whatWasSentIsTakenBackOnceItsHolderSaysSo() {
        var source = source()
        bringIn("b", &source)
        _ = source.append([add(1)], now: start)
        let actions = source.append([.forgotten([1])], now: start)
        #expect(!actions.contains(.withdrawn([1])))
        let confirmed = source.receive(standing(2), from: "b", now: start)
        #expect(confirmed.contains(.withdrawn([1])))
        #expect(safe(confirmed).isEmpty)
    }

    @Test func whatIsBeingTakenBackDoesNotBecomeSafe() {
        var source = source(["a", "b"])
        bringIn("b", &source)
        _ = source.append([add(1)], now: start)
        source.withdrawing([1])
        // It was confirmed while the own disk was forgetting it.
        #expect(safe(source.receive(standing(1), from: "b", now: start)).isEmpty)
        #expect(!source.append([.forgotten([1])], now: start).contains(.withdrawn([1])))
        #expect(source.receive(standing(2), from: "b", now: start).contains(.withdrawn([1])))
    }

    @Test func aGroupGrowsToItsSizeAndNoFurther() {
        var source = source(["a"])
        let others: Set<MemberID> = ["b", "c", "d", "e"]
        _ = source.tick(reachable: others, wanting: ["a"], now: start)
        let asked = Set(
            others.filter { member in
                source.receive(standing(nil), from: member, now: start).contains(survey(member))
            })
        #expect(asked.count == 2, "R + 2 members, the owner among them")
        var last: [ReplicaSource.Action] = []
        for member in asked.sorted() {
            #expect(!last.contains { if case .persist = $0 { true } else { false } }, "not before all have caught up")
            _ = source.surveyed(member, at: nil, held: [], lacking: [], sent: start, now: start)
            last = source.receive(.installed(epoch, part: 0, sent: start), from: member, now: start)
        }
        #expect(last.contains { if case .persist = $0 { true } else { false } })
        #expect(source.roster.members == asked.union(["a"]))
        #expect(!source.roster.isChanging)
        _ = source.append([add(1)], now: start)
        for member in asked.sorted() {
            #expect(safe(source.receive(standing(1), from: member, now: start)).isEmpty, "nobody knows the group")
        }
        _ = source.rosterPersisted(now: start)
        #expect(safe(source.receive(standing(2), from: asked.sorted()[0], now: start)) == [1])
    }

    @Test func aLargerGroupChangesWithEnoughOfBoth() {
        var source = source(["a", "b"])
        bringIn("b", &source)
        _ = source.tick(reachable: ["b", "c"], wanting: ["a"], now: time(900))
        _ = source.tick(reachable: ["b", "c"], wanting: ["a"], now: time(1000))
        _ = source.receive(standing(0, sent: 1000), from: "b", now: time(1000))
        bringIn("c", &source, at: 1000)
        #expect(source.roster.isChanging)
        _ = source.rosterPersisted(now: time(1000))
        _ = source.receive(standing(1, sent: 1000), from: "c", now: time(1000))
        #expect(source.roster.isChanging, "the new one alone is not enough of the old ones")
        _ = source.receive(standing(1, sent: 1000), from: "b", now: time(1000))
        #expect(!source.roster.isChanging)
        #expect(source.roster.members == ["a", "b", "c"])
    }

    @Test func oneThatDoesNotCatchUpDoesNotHoldUpWhatMakesEnough() {
        var source = source(["a"])
        _ = source.tick(reachable: ["b", "c"], wanting: ["a"], now: start)
        bringIn("b", &source)
        #expect(!source.roster.isChanging)
        _ = source.receive(standing(0, sent: 900), from: "b", now: time(900))
        _ = source.tick(reachable: ["b", "c"], wanting: ["a"], now: time(1000))
        #expect(source.roster.members == ["a", "b"])
    }

    @Test func whoClaimsByAGroupThatItHasLeftIsToldOnceAllMembersKnow() {
        var source = source()
        let claim = ReplicaMessage.claim(TakeoverEpoch(number: 7, owner: "z"))
        bringIn("b", &source)
        #expect(source.receive(claim, from: "z", now: start).isEmpty, "one does not follow yet")
        bringIn("c", &source)
        let dismissal = ReplicaMessage.dismissed(ReplicaPosition(epoch: epoch, number: 0), source.roster)
        #expect(source.receive(claim, from: "z", now: start) == [.send(dismissal, to: "z")])
        let member = ReplicaMessage.claim(TakeoverEpoch(number: 7, owner: "b"))
        #expect(source.receive(member, from: "b", now: start).isEmpty)
    }

    @Test func theOriginIsTakenBackIntoItsGroup() {
        var source = source(["a", "b", "c"])
        _ = source.tick(reachable: ["b", "c", "o"], wanting: ["a", "o"], now: start)
        #expect(source.receive(standing(nil), from: "o", now: start).contains(survey("o")))
    }
}
