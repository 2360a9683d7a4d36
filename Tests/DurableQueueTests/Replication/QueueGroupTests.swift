internal import DurableQueue
internal import DurableQueueTestKit
internal import TestSupport
internal import Testing

/// Groups over real sockets and a real registry.
@Suite(.serialized) struct QueueGroupTests {
    private func fill(_ node: GroupNode, _ numbers: Range<UInt8>) async throws -> Set<[UInt8]> {
        for number in numbers { _ = try await node.queue.enqueue(id: "\(number)", payload: [number]) }
        return Set(numbers.map { [$0] })
    }

    private func waitUntilRun(_ payloads: Set<[UInt8]>, in mesh: GroupMesh, by nodes: [GroupNode] = []) async throws {
        try await eventually(
            within: .seconds(20),
            "everything was run, \(mesh.effects.payloads().count) of \(payloads.count) were: \(nodes.map(\.group.status))"
        ) {
            mesh.effects.payloads().isSuperset(of: payloads)
        }
    }

    @Test func aSurvivorRunsWhatTheOwnerLeft() async throws {
        let mesh = try await GroupMesh.start()
        let owner = try GroupNode("one", in: mesh, runs: false)
        let others = try [GroupNode("two", in: mesh), GroupNode("three", in: mesh)]
        try await owner.waitForMembers(3, knownBy: others)
        let acknowledged = try await fill(owner, 0..<50)
        #expect(mesh.effects.payloads().isEmpty)
        let first = try #require(owner.queue.epoch(of: owner.queue.store.origin))
        try await owner.stop()
        try await waitUntilRun(acknowledged, in: mesh)
        for epoch in mesh.effects.epochs(by: "two").union(mesh.effects.epochs(by: "three")) {
            #expect(try #require(epoch) > first)
        }
        for node in others { try await node.stop() }
    }

    @Test func anOriginThatComesBackGetsItsEntriesBack() async throws {
        let mesh = try await GroupMesh.start()
        let first = try GroupNode("one", in: mesh, runs: false)
        let others = try [GroupNode("two", in: mesh), GroupNode("three", in: mesh)]
        try await first.waitForMembers(3, knownBy: others)
        let before = try await fill(first, 0..<20)
        let identity = first.origin
        try await first.stop()
        try await waitUntilRun(before, in: mesh)
        try await eventually("a survivor owns them") { others.contains { $0.view(of: identity)?.isOwnedHere == true } }
        let again = try GroupNode("one", in: mesh)
        try await eventually(within: .seconds(20), "it owns its entries again") {
            again.view(of: identity)?.isOwnedHere == true
        }
        // The same id is the same entry, wherever it was run.
        #expect(try await again.queue.enqueue(id: "7", payload: [7]).isKnown)
        let after = try await fill(again, 20..<30)
        try await waitUntilRun(before.union(after), in: mesh)
        #expect(mesh.effects.payloads(by: "one") == after)
        for node in others + [again] { try await node.stop() }
    }

    @Test func anOwnerWhoseDiskFailedResigns() async throws {
        let mesh = try await GroupMesh.start()
        let fileSystem = SimulatedFileSystem()
        let owner = try GroupNode("one", in: mesh, runs: false, fileSystem: fileSystem)
        let others = try [GroupNode("two", in: mesh), GroupNode("three", in: mesh)]
        try await owner.waitForMembers(3, knownBy: others)
        let acknowledged = try await fill(owner, 0..<10)
        fileSystem.failSynchronizing(true)
        await #expect(throws: DurableQueueError.self) { try await owner.queue.enqueue(payload: [99]) }
        // Its process is there all the time, and answers.
        try await waitUntilRun(acknowledged, in: mesh)
        #expect(owner.view(of: owner.origin)?.isOwnedHere == false)
        for node in others + [owner] { try await node.stop() }
    }

    @Test func moreReplicasAskedForLaterAreWaitedFor() async throws {
        let mesh = try await GroupMesh.start()
        let first = try GroupNode("one", in: mesh)
        let second = try GroupNode("two", in: mesh)
        try await first.waitForMembers(2)
        try await first.stop()
        var configuration = GroupMesh.queue
        configuration.mode = .replicated(min: 2)
        configuration.acknowledgeWithin = .milliseconds(500)
        let again = try GroupNode("one", in: mesh, queue: configuration)
        try await eventually(within: .seconds(20), "it owns its entries again") {
            again.view(of: again.origin).map { $0.isOwnedHere && $0.mayRun && $0.lags.count == 1 } ?? false
        }
        #expect(again.view(of: again.origin)?.replicas == 2)
        let error = await #expect(throws: DurableQueueError.self) { try await again.queue.enqueue(payload: [1]) }
        #expect(error?.code == .notReplicated)
        let third = try GroupNode("three", in: mesh)
        try await again.waitForMembers(3)
        _ = try await again.queue.enqueue(payload: [2])
        for node in [second, third] {
            let held = await node.queue.store.entries(of: again.origin.origin, from: 1, limit: 10)
            #expect(held.count == 2)
        }
        for node in [again, second, third] { try await node.stop() }
    }

    @Test func withTooFewMembersTheIntakeFailsAndIsTakenBack() async throws {
        let mesh = try await GroupMesh.start()
        var configuration = GroupMesh.queue
        configuration.withdrawsUnreplicated = true
        configuration.acknowledgeWithin = .milliseconds(500)
        let alone = try GroupNode("one", in: mesh, queue: configuration)
        try await eventually("it owns its entries") { alone.view(of: alone.origin)?.isOwnedHere == true }
        let began = ContinuousClock.now
        let error = await #expect(throws: DurableQueueError.self) {
            try await alone.queue.enqueue(id: "a", payload: [1])
        }
        #expect(error?.code == .withdrawn)
        #expect(ContinuousClock.now - began >= .milliseconds(500))
        #expect(alone.group.standing.waitingFor.count == 1)
        let other = try GroupNode("two", in: mesh)
        try await alone.waitForMembers(2)
        #expect(try await alone.queue.enqueue(id: "b", payload: [2]).isKnown == false)
        try await waitUntilRun([[2]], in: mesh)
        #expect(mesh.effects.payloads() == [[2]])
        for node in [alone, other] { try await node.stop() }
    }

    @Test func aNewMemberGetsASnapshotAndCountsOnlyThen() async throws {
        let mesh = try await GroupMesh.start()
        var replication = GroupMesh.replication
        // What was before has left the backlog, and comes in pages.
        replication.backlogRecords = 20
        replication.backlogBytes = 0
        replication.snapshotEntries = 10
        let first = try GroupNode("one", in: mesh, replication: replication, runs: false)
        let second = try GroupNode("two", in: mesh, replication: replication)
        try await first.waitForMembers(2)
        let acknowledged = try await fill(first, 0..<100)
        let third = try GroupNode("three", in: mesh, replication: replication)
        try await first.waitForMembers(3, knownBy: [second, third])
        let held = await third.queue.store.entries(of: first.origin.origin, from: 1, limit: 1000)
        #expect(held.count == 100, "it counts before it has everything")
        // The origin is gone: the newcomer and the other one run what is left.
        try await first.stop()
        try await waitUntilRun(acknowledged, in: mesh, by: [second, third])
        for node in [second, third] { try await node.stop() }
    }
}
