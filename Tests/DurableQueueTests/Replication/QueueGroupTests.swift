internal import DurableQueue
internal import TestSupport
internal import Testing

/// Groups over real sockets and a real registry.
@Suite struct QueueGroupTests {
    @Test func aSurvivorRunsWhatTheOwnerLeft() async throws {
        let mesh = try await GroupMesh.start()
        let owner = try GroupNode("one", in: mesh, runs: false)
        let others = try [GroupNode("two", in: mesh), GroupNode("three", in: mesh)]
        try await owner.waitForMembers(3)
        var acknowledged: Set<[UInt8]> = []
        for number in 0..<50 as Range<UInt8> {
            _ = try await owner.queue.enqueue(payload: [number])
            acknowledged.insert([number])
        }
        #expect(mesh.effects.payloads().isEmpty)
        try await owner.stop()
        try await eventually(within: .seconds(20), "a survivor ran everything") {
            mesh.effects.payloads().isSuperset(of: acknowledged)
        }
        for node in others { try await node.stop() }
    }
}
