internal import DurableQueue
internal import Foundation
internal import Mesh
internal import Testing

/// A member that was replaced and comes back.
@Suite struct ReplicaLeavingTests {
    let position = ReplicaPosition(epoch: TakeoverEpoch(number: 3, owner: "a"), number: 5)
    let later = Roster(replicas: 1, members: ["a", "b", "c"])

    private func replica() -> Replica {
        var mark = ReplicaMark()
        mark.granted = position.epoch
        mark.position = position
        mark.roster = Roster(replicas: 1, members: ["a", "b", "z"])
        return Replica(
            origin: UUID(), member: "z", originMember: "a", roster: Roster(replicas: 1, members: []), mark: mark,
            unfinished: [1, 2], finished: [3], configuration: ReplicationConfiguration(), random: MeshRandom(seed: 1),
            now: Timestamp(milliseconds: 0))
    }

    private func tick(_ replica: inout Replica, at seconds: Int64) -> [Replica.Action] {
        replica.tick(reachable: ["a"], isRunning: false, now: Timestamp(milliseconds: seconds * 1000))
    }

    private func claims(_ actions: [Replica.Action]) -> Bool {
        actions.contains { if case .send(.claim, _) = $0 { true } else { false } }
    }

    private func claiming() -> Replica {
        var replica = replica()
        var hasClaimed = false
        for second in 0...10 { hasClaimed = claims(tick(&replica, at: Int64(second))) || hasClaimed }
        #expect(hasClaimed)
        return replica
    }

    private func writes(_ actions: [Replica.Action]) -> [ReplicaHolder.Write] {
        actions.compactMap { if case .persist(let write) = $0 { write } else { nil } }
    }

    @Test func itClaimsNoMoreAndDropsWhatItHolds() throws {
        var replica = claiming()
        let now = Timestamp(milliseconds: 11_000)
        let told = ReplicaPosition(epoch: position.epoch, number: 9)
        let actions = replica.receive(.dismissed(told, later), from: "a", now: now)
        let first = try #require(writes(actions).first)
        #expect(first.records.isEmpty && first.mark.position == nil && first.mark.roster == later)
        let early = tick(&replica, at: 12)
        #expect(early.isEmpty, "not before that is on the disk")
        _ = replica.persisted(first.number, now: now)
        let dropped = tick(&replica, at: 13)
        #expect(writes(dropped).map(\.records) == [[.forgotten([1, 2, 3])]])
        for second in 14...60 {
            let later = tick(&replica, at: Int64(second))
            #expect(later.isEmpty)
        }
        #expect(replica.unfinished.isEmpty)
    }

    @Test func itKeepsWhatItHoldsWhileItIsBeingTakenInAgain() throws {
        var replica = claiming()
        let now = Timestamp(milliseconds: 11_000)
        let told = ReplicaPosition(epoch: position.epoch, number: 9)
        for message in [
            ReplicaMessage.dismissed(told, later), .survey(position.epoch, sent: now),
        ] {
            let write = try #require(writes(replica.receive(message, from: "a", now: now)).last)
            _ = replica.persisted(write.number, now: now)
        }
        let early = tick(&replica, at: 12)
        #expect(early.isEmpty, "the snapshot builds on what it said that it holds")
        // Nothing came of it: the owner is silent.
        let dropped = tick(&replica, at: 13)
        #expect(writes(dropped).map(\.records) == [[.forgotten([1, 2, 3])]])
    }

    @Test func whoKnowsALaterGroupStays() {
        var replica = claiming()
        let earlier = ReplicaPosition(epoch: position.epoch, number: 4)
        let now = Timestamp(milliseconds: 11_000)
        let actions = replica.receive(.dismissed(earlier, later), from: "a", now: now)
        #expect(writes(actions).isEmpty)
        #expect(replica.unfinished == [1, 2])
    }
}
