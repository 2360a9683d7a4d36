internal import Mesh
internal import Redis
internal import Testing

@testable internal import MeshRedis

@Suite struct FollowerTests {
    private let began = ContinuousClock.now

    private func snapshot(sequence: Int) throws -> RegistrySnapshot {
        try #require(
            RegistrySnapshot(
                .array([.bytes(Array("1".utf8)), .bytes(Array("5-1".utf8)), .bytes(Array("\(sequence)".utf8))])))
    }

    private func entry(_ number: Int, _ kind: String = "leave", epoch: String = "7") -> RedisStreamEvent {
        let words = ["n", "\(number)", "kind", kind, "service", "jobs", "instance", "jobs-1", "epoch", epoch]
        return .entry(
            RedisStreamEntry(
                stream: "events", id: RedisStreamID(milliseconds: 5, sequence: 2),
                fields: .array(words.map { .bytes(Array($0.utf8)) })))
    }

    @Test func aSnapshotIsTakenEveryTenSecondsInAnyCase() throws {
        var follower = RegistryFollower()
        #expect(follower.needsSnapshot)
        _ = follower.took(try snapshot(sequence: 0), now: began)
        _ = follower.heard(.idle, now: began + .seconds(9))
        #expect(!follower.needsSnapshot)
        _ = follower.heard(.idle, now: began + .seconds(10))
        #expect(follower.needsSnapshot)
    }

    @Test(arguments: [3, 5, 1, 0, -1, Int.max]) func aNumberOutOfTurnMeansASnapshot(number: Int) throws {
        var follower = RegistryFollower()
        _ = follower.took(try snapshot(sequence: 3), now: began)
        #expect(follower.heard(entry(number), now: began).isEmpty)
        #expect(follower.needsSnapshot)
    }

    @Test func theNextNumberIsToldOrSkipped() throws {
        var follower = RegistryFollower()
        _ = follower.took(try snapshot(sequence: 3), now: began)
        guard case .tell(.left(let name, 7))? = follower.heard(entry(4), now: began).first else {
            return #expect(Bool(false), "the leave was not told")
        }
        #expect(name.instance == "jobs-1")
        guard
            case .skipped(_, MalformedRecord(field: "epoch"))? = follower.heard(entry(5, epoch: "-1"), now: began).first
        else { return #expect(Bool(false), "the absurd epoch was not skipped") }
        guard case .skipped(_, MalformedRecord(field: "kind"))? = follower.heard(entry(6, "dance"), now: began).first
        else { return #expect(Bool(false), "the unknown kind was not skipped") }
        #expect(!follower.needsSnapshot)
    }

    @Test func aLossAndAReturnAreToldOnce() throws {
        var follower = RegistryFollower()
        _ = follower.took(try snapshot(sequence: 0), now: began)
        let lost = RedisError(code: .notConnected, message: "it is gone")
        #expect(follower.heard(.disconnected(lost), now: began).count == 1)
        #expect(follower.failed("still gone").isEmpty)
        let actions = follower.took(try snapshot(sequence: 0), now: began)
        guard case .tell(.reachable)? = actions.first, case .tell(.snapshot)? = actions.last else {
            return #expect(Bool(false), "the return was not told: \(actions)")
        }
        #expect(follower.took(try snapshot(sequence: 0), now: began).count == 1)
    }
}
