internal import DurableQueue
internal import Foundation
internal import Mesh
internal import Testing

@Suite struct QueueStateSafeTests {
    @Test func whatIsSafeIsAcknowledgedOnce() throws {
        var configuration = QueueConfiguration(name: "shares")
        configuration.mode = .replicated(min: 1)
        let now = Timestamp(milliseconds: 1)
        var (state, _) = QueueState.starting(
            origin: UUID(), configuration: configuration, recovery: Recovery(), random: MeshRandom(seed: 1), now: now)
        guard case .accepted(let identity, _) = try state.enqueue(id: nil, key: nil, payload: [1], now: now) else {
            Issue.record("not taken")
            return
        }
        #expect(state.safe([identity]).isEmpty, "it is not on the own disk yet")
        #expect(state.stored(identity, now: now) == [.replicate([identity])])
        #expect(state.safe([identity]) == [.acknowledge(identity), .dispatch])
        #expect(state.safe([identity]).isEmpty)
    }
}
