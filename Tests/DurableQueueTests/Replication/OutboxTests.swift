internal import Foundation
internal import Testing

@testable internal import DurableQueue

/// What goes between members, and how it waits.
@Suite struct OutboxTests {
    let origin = UUID()
    let epoch = TakeoverEpoch(number: 300, owner: MemberID(ofStore: UUID()))
    let time = Timestamp(milliseconds: 1_700_000_000_000)

    private func entry(_ sequence: UInt64, bytes: Int) -> ReplicaRecord {
        .add(
            Entry(
                identity: EntryIdentity(origin: origin, sequence: sequence), id: "\(sequence)", enqueued: time,
                payload: [UInt8](repeating: 7, count: bytes)))
    }

    private func append(_ records: [ReplicaRecord]) -> ReplicaMessage {
        .append(ReplicaAppend(epoch: epoch, after: 5, records: records, sent: time))
    }

    private func standing(_ synced: UInt64?, _ resumes: UInt64? = nil) -> ReplicaMessage {
        .standing(ReplicaStanding(epoch: epoch, synced: synced, resumesAfter: resumes, sent: time))
    }

    private func letter(_ message: ReplicaMessage) -> Outbox.Letter { Outbox.Letter(origin: origin, message: message) }

    @Test func everyMessageComesBackAsItWas() {
        let roster = Roster(replicas: 1, members: ["a", "b"]).changing(to: ["a", "c"])
        let letter = DeadLetter(reason: .failures, error: "it would not", time: time)
        let records = [
            entry(1, bytes: 3), .completed([1, 900], at: time), .buried(4, letter), .forgotten([2, 3]), .roster(roster),
        ]
        let report = HoldingReport(
            position: .everything(of: epoch), roster: roster, unfinished: [1, 2, 3, 9], finished: [])
        let end = SnapshotPart.End(number: 12, roster: roster, held: [1, 4, 5])
        let messages: [ReplicaMessage] = [
            .claim(epoch), .granted(epoch, report), .refused(epoch, known: nil), .refused(epoch, known: epoch),
            .fetch(epoch, [1, 2]), .fetched(epoch, of: [1], records), append(records), standing(3), standing(nil, 4),
            .survey(epoch, sent: time), .surveyed(epoch, report, sent: time),
            .snapshot(
                SnapshotPart(epoch: epoch, survey: time, position: nil, part: 2, records: records, end: nil, sent: time)
            ),
            .snapshot(
                SnapshotPart(
                    epoch: epoch, survey: time, position: .everything(of: epoch), part: 3, records: [], end: end,
                    sent: time)),
            .installed(epoch, part: 3, sent: time), .resigned(epoch),
            .dismissed(ReplicaPosition(epoch: epoch, number: 9), roster),
        ]
        let letters = messages.map(self.letter)
        let bytes = ReplicaCoding.encode(letters)
        #expect(ReplicaCoding.decode(bytes) == letters)
        for count in 0..<bytes.count { #expect(ReplicaCoding.decode(Array(bytes[..<count])) == nil) }
    }

    @Test func rangesThatNameMoreThanAQueueHoldsAreRefused() {
        let (most, last) = (ReplicaCoding.maximumRangedSequences, UInt64.max)
        func granted(_ ranges: [ClosedRange<UInt64>]) -> Outbox.Letter {
            let unfinished = ranges.reduce(into: SequenceSet()) { $0 = $0.union(SequenceSet($1)) }
            let report = HoldingReport(position: nil, roster: nil, unfinished: unfinished, finished: [])
            return letter(.granted(epoch, report))
        }
        func isRead(_ letters: [Outbox.Letter]) -> Bool {
            ReplicaCoding.decode(ReplicaCoding.encode(letters)) == letters
        }
        #expect(isRead([granted([1...most])]) && isRead([granted([last - 9...last])]))
        #expect(!isRead([granted([0...last >> 1])]) && !isRead([granted([0...last])]))
        #expect(!isRead([granted([1...most, most + 9...most + 9])]))
        #expect(!isRead([granted([1...most]), granted([1...1])]), "together")
        let asked = MulticastOffer(entries: [], asked: SequenceSet(0...most), floor: 0)
        #expect(!isRead([letter(.offer(asked))]))
    }

    @Test func whatWouldOverflowIsRefused() {
        let far = Timestamp(milliseconds: .min)
        let endless = TakeoverEpoch(number: .max, owner: "a")
        let end = SnapshotPart.End(number: .max - 1, roster: Roster(replicas: 1, members: ["a"]), held: [])
        let messages: [ReplicaMessage] = [
            .claim(endless), .refused(epoch, known: endless), .survey(epoch, sent: far),
            .append(ReplicaAppend(epoch: epoch, after: .max - 1, records: [], sent: time)),
            .append(
                ReplicaAppend(
                    epoch: epoch, after: 1, records: [.roster(Roster(replicas: .max, members: ["a"]))], sent: time)),
            .snapshot(
                SnapshotPart(epoch: epoch, survey: time, position: nil, part: 0, records: [], end: end, sent: time)),
            .offer(MulticastOffer(entries: [], asked: [], floor: .max)),
        ]
        for message in messages {
            #expect(ReplicaCoding.decode(ReplicaCoding.encode([letter(message)])) == nil, "\(message)")
        }
    }

    @Test func recordsTakeLittleMoreThanTheirPayload() {
        let records = (1...500).map { entry($0, bytes: 100) }
        let bytes = ReplicaCoding.encode([letter(append(records))]).count
        print("500 records of 100 bytes take \(bytes) bytes")
        #expect(bytes < 500 * 120)
    }

    @Test func oneCallAtATimeCarriesWhatHasGathered() {
        var outbox = Outbox()
        outbox.add(letter(.claim(epoch)), for: "b")
        let taken1 = outbox.take(for: ["b"])
        #expect(taken1.map(\.letters) == [[letter(.claim(epoch))]])
        outbox.add(letter(standing(1)), for: "b")
        outbox.add(letter(standing(2)), for: "b")
        outbox.add(letter(standing(2, 0)), for: "b")
        let taken2 = outbox.take(for: ["b"])
        #expect(taken2.isEmpty)
        #expect(!outbox.hasDue)
        let hasMore = outbox.sent(to: "b")
        #expect(hasMore)
        let taken3 = outbox.take(for: ["b"])
        #expect(taken3.map(\.letters) == [[letter(standing(2)), letter(standing(2, 0))]])
    }

    @Test func whoIsNotThereIsSentNothing() {
        var outbox = Outbox()
        outbox.add(letter(.claim(epoch)), for: "b")
        let taken4 = outbox.take(for: ["c"])
        #expect(taken4.isEmpty)
        let taken5 = outbox.take(for: ["b"])
        #expect(taken5.isEmpty)
    }

    @Test func atItsBoundWhatIsNewIsDropped() {
        var outbox = Outbox()
        for _ in 0..<Outbox.maximumLetters + 10 { outbox.add(letter(.claim(epoch)), for: "b") }
        let taken6 = outbox.take(for: ["b"])
        #expect(taken6.first?.letters.count == Outbox.maximumLetters)
    }

    @Test func aFailedWriteIsNotOvertaken() {
        var line = WriteLine()
        let writes = (1...3).map { number -> ReplicaHolder.Write in
            var mark = ReplicaMark()
            mark.granted = TakeoverEpoch(number: UInt64(number), owner: "a")
            return ReplicaHolder.Write(
                number: UInt64(number), records: [entry(UInt64(number), bytes: 1)], mark: mark)
        }
        line.add(writes[0])
        let first = line.next()
        #expect(first?.number == 1)
        line.add(writes[1])
        let second = line.next()
        #expect(second == nil)
        line.failed()
        line.add(writes[2])
        let again = line.next()
        #expect(again?.records.count == 3 && again?.number == 3 && again?.mark == writes[2].mark)
        line.written()
        #expect(line.isEmpty)
    }

    @Test func everyOriginHasItsOwnOrderOfMembers() {
        let members = Set((0..<20).map { MemberID("member \($0)") })
        let origins = (0..<20).map { _ in UUID() }
        let firsts = Set(origins.map { MemberRanking($0).sorted(members)[0] })
        #expect(firsts.count > 5)
        for origin in origins {
            let order = MemberRanking(origin).sorted(members)
            let gone = order[3]
            #expect(MemberRanking(origin).sorted(members.subtracting([gone])) == order.filter { $0 != gone })
        }
    }
}
