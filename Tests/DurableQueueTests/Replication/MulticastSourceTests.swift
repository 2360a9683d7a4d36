internal import DurableQueue
internal import Foundation
internal import Testing

/// An origin whose entries every member runs, one message at a time.
@Suite struct MulticastSourceTests {
    let start = Timestamp(milliseconds: 0)

    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func source(_ isOrdered: Bool = false) -> MulticastSource {
        var source = MulticastSource(
            members: [], isOrdered: isOrdered, entries: [], floor: 0, unsafe: [], highest: 0,
            configuration: ReplicationConfiguration(),
            now: start)
        #expect(source.tick(reachable: ["b", "c"], now: start).contains(.members(["b", "c"])))
        return source
    }

    private func safe(_ actions: [MulticastSource.Action]) -> [UInt64] {
        actions.flatMap { action -> [UInt64] in if case .safe(let sequences) = action { sequences } else { [] } }
    }

    private func sent(_ actions: [MulticastSource.Action], to receiver: MemberID) -> [UInt64] {
        actions.flatMap { action -> [UInt64] in
            if case .read(let sequences, receiver) = action { sequences } else { [] }
        }
    }

    @Test func theAcknowledgementWaitsForAllWhoAreThere() {
        var source = source()
        let added = source.add(1, bytes: 1, now: start)
        #expect(sent(added, to: "b") == [1])
        #expect(sent(added, to: "c") == [1])
        #expect(safe(added).isEmpty)
        #expect(safe(source.receive(MulticastProgress(held: [1]), from: "b", now: start)).isEmpty)
        #expect(safe(source.receive(MulticastProgress(held: [1]), from: "c", now: start)) == [1])
    }

    @Test func whoIsAwayIsNotWaitedForAndGetsItLater() {
        var source = source()
        _ = source.tick(reachable: ["b"], now: time(10))
        let added = source.add(1, bytes: 1, now: time(10))
        #expect(sent(added, to: "c").isEmpty)
        #expect(safe(source.receive(MulticastProgress(held: [1], completed: [1]), from: "b", now: time(20))) == [1])
        source.recorded(ended: [1], by: "b")
        #expect(source.floor == 1, "one lacks it")
        #expect(sent(source.tick(reachable: ["b", "c"], now: time(30)), to: "c") == [1])
        let said = source.receive(MulticastProgress(completed: [1]), from: "c", now: time(40))
        #expect(said == [.record(held: [1], completed: [1], dead: [], by: "c")])
        #expect(source.floor == 1, "that it ran is not on the disk")
        source.recorded(ended: [1], by: "c")
        #expect(source.floor == 2)
    }

    @Test func aSilentMemberIsNotWaitedForAfterTheLease() {
        var source = source()
        _ = source.add(1, bytes: 1, now: start)
        _ = source.receive(MulticastProgress(held: [1]), from: "b", now: time(100))
        #expect(safe(source.tick(reachable: ["b", "c"], now: time(1400))).isEmpty)
        _ = source.receive(MulticastProgress(), from: "b", now: time(1400))
        #expect(safe(source.tick(reachable: ["b", "c"], now: time(1500))) == [1])
    }

    @Test func whatWasLostIsSentAgain() {
        var source = source()
        _ = source.add(1, bytes: 1, now: start)
        #expect(sent(source.tick(reachable: ["b", "c"], now: time(900)), to: "b").isEmpty)
        #expect(sent(source.tick(reachable: ["b", "c"], now: time(1000)), to: "b") == [1])
    }

    @Test func anOrderedQueueHasOneBatchOnItsWay() {
        var source = source(true)
        #expect(sent(source.add(1, bytes: 1, now: start), to: "b") == [1])
        #expect(sent(source.add(2, bytes: 1, now: start), to: "b").isEmpty)
        #expect(sent(source.add(3, bytes: 1, now: start), to: "b").isEmpty)
        #expect(sent(source.receive(MulticastProgress(held: [1]), from: "b", now: start), to: "b") == [2, 3])
    }

    @Test func aMemberIsForgottenAfterALongAbsence() {
        var source = source()
        _ = source.tick(reachable: [], now: start)
        _ = source.add(1, bytes: 1, now: start)
        #expect(source.floor == 1)
        #expect(source.tick(reachable: [], now: time(86_400_000)).contains(.members([])))
        #expect(source.floor == 2)
    }

    @Test func absenceCountsFromTheLastPresenceNotTheLastWord() {
        var source = source()
        _ = source.add(1, bytes: 1, now: start)
        // A day in the registry without a word, then gone for a moment: a process that was mended.
        _ = source.tick(reachable: ["b", "c"], now: time(86_400_000))
        _ = source.tick(reachable: [], now: time(86_401_000))
        #expect(source.members == ["b", "c"])
        #expect(source.floor == 1)
    }

    @Test func anOrderedQueueAcknowledgesInOrder() {
        var source = source(true)
        _ = source.add(1, bytes: 1, now: start)
        _ = source.add(2, bytes: 1, now: start)
        #expect(safe(source.receive(MulticastProgress(held: [1]), from: "b", now: start)).isEmpty, "c lacks it")
        // By now c is silent for the lease, and what waited for it alone is safe before what follows.
        #expect(safe(source.receive(MulticastProgress(held: [2]), from: "b", now: time(1500))) == [1, 2])
    }

    @Test func aNewMemberGetsAllFromTheFirstOnThatIsLackedAlsoAfterARestart() {
        var source = source()
        for sequence: UInt64 in 1...3 { _ = source.add(sequence, bytes: 1, now: start) }
        for member: MemberID in ["b", "c"] {
            let ended: SequenceSet = member == "b" ? [1, 2, 3] : [1, 3]
            _ = source.receive(MulticastProgress(completed: ended), from: member, now: start)
            source.recorded(ended: Array(ended), by: member)
        }
        #expect(source.floor == 2)
        #expect(sent(source.tick(reachable: ["b", "c", "d"], now: start), to: "d") == [2, 3])
        // As its store has it then: the first is over for all, "d" never needed it.
        let entries = (1...3).map { (sequence: UInt64) -> StoredEntry in
            var entry = StoredEntry(
                header: EntryHeader(
                    identity: EntryIdentity(origin: UUID(), sequence: sequence), id: "\(sequence)", key: nil,
                    enqueued: start, payloadBytes: 1))
            entry.progress.status = .completed(start)
            entry.progress.completedBy = sequence == 2 ? ["b"] : ["b", "c"]
            return entry
        }
        var again = MulticastSource(
            members: ["b", "c", "d"], isOrdered: false, entries: entries, floor: 2, unsafe: [], highest: 3,
            configuration: ReplicationConfiguration(), now: start)
        #expect(again.floor == 2)
        #expect(sent(again.tick(reachable: ["b", "c", "d"], now: start), to: "d") == [2, 3])
        #expect(sent(again.tick(reachable: ["b", "c", "d"], now: time(5000)), to: "c") == [2])
    }
}
