internal import DurableQueue
internal import Foundation
internal import Mesh
internal import Testing

/// How a member goes about a claim, when others are away or claim too.
@Suite struct ReplicaClaimTests {
    let first = TakeoverEpoch(number: 1, owner: "a")
    let own = TakeoverEpoch(number: 2, owner: "b")
    let higher = TakeoverEpoch(number: 2, owner: "c")

    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    /// The member b of three, after its claim has reached its own disk; the owner was a.
    private func candidate() -> Replica {
        var mark = ReplicaMark()
        mark.granted = first
        mark.roster = Roster(replicas: 1, members: ["a", "b", "c"])
        var replica = Replica(
            origin: UUID(), member: "b", originMember: "a", roster: Roster(replicas: 1, members: []), mark: mark,
            unfinished: [], finished: [], configuration: ReplicationConfiguration(), random: MeshRandom(seed: 1),
            now: time(0))
        #expect(replica.tick(reachable: [], isRunning: false, now: time(1999)).isEmpty)
        _ = replica.tick(reachable: [], isRunning: false, now: time(2000))
        let claims = replica.tick(reachable: [], isRunning: false, now: time(4000))
        #expect(claims == ["a", "c"].map { .send(.claim(own), to: $0) }, "itself comes last")
        _ = replica.receive(.claim(own), from: "b", now: time(4000))
        for action in replica.persisted(1, now: time(4001)) {
            if case .send(let message, to: "b") = action { _ = replica.receive(message, from: "b", now: time(4001)) }
        }
        return replica
    }

    @Test func asksAgainForAsLongAsItTakes() {
        var replica = candidate()
        let again: [Replica.Action] = ["a", "c"].map { .send(.claim(own), to: $0) }
        #expect(replica.tick(reachable: [], isRunning: false, now: time(4100)).isEmpty)
        #expect(replica.tick(reachable: [], isRunning: false, now: time(4200)) == again)
        let late = replica.tick(reachable: [], isRunning: false, now: time(60_000))
        #expect(late == again + [.claimWaits(own, for: ["a", "c"])])
        #expect(replica.tick(reachable: [], isRunning: false, now: time(60_200)) == again, "it says so once")
        #expect(replica.waitingFor == ["a", "c"])
    }

    @Test func whoGivesWayDoesNotHoldUpTheOther() {
        var replica = candidate()
        let refused: [Replica.Action] = [.send(.refused(higher, known: own), to: "c")]
        #expect(replica.receive(.claim(higher), from: "c", now: time(4010)) == refused)
        let gaveUp = replica.receive(.refused(own, known: higher), from: "c", now: time(4020))
        #expect(gaveUp == [.claimFailed(own)])
        _ = replica.receive(.claim(higher), from: "c", now: time(4030))
        #expect(replica.granted == higher)
    }

    @Test func aClaimEndsWhenAnotherIsGranted() {
        var replica = candidate()
        let actions = replica.receive(.claim(higher), from: "c", now: time(6000))
        #expect(replica.granted == higher)
        #expect(actions.contains(.claimFailed(own)))
        #expect(replica.waitingFor.isEmpty)
    }
}
