internal import DurableQueue
internal import TestSupport
internal import Testing

/// Queues of which every member runs every entry, over real sockets and a real registry.
@Suite(.serialized) struct MulticastGroupTests {
    private var configuration: QueueConfiguration {
        var configuration = QueueConfiguration(name: "work")
        configuration.mode = .replicationOnly
        configuration.ordering = .perKey
        return configuration
    }

    private func node(
        _ name: String, in mesh: GroupMesh, _ change: (inout QueueConfiguration) -> Void = { _ in }
    ) throws -> GroupNode {
        var configuration = configuration
        change(&configuration)
        return try GroupNode(name, in: mesh, queue: configuration)
    }

    private func waitForPeers(_ nodes: [GroupNode]) async throws {
        for node in nodes {
            try await eventually(within: .seconds(20), "\(node.name) knows the others: \(node.group.standing.replicas)")
            {
                let there = node.group.standing.replicas.filter { $0.state == "following" }
                return there.count == nodes.count - 1
            }
        }
    }

    private func fill(_ node: GroupNode, _ numbers: Range<UInt8>) async throws -> Set<[UInt8]> {
        for number in numbers { _ = try await node.queue.enqueue(id: "\(number)", key: "a", payload: [number]) }
        return Set(numbers.map { [$0] })
    }

    private func waitUntilRun(_ payloads: Set<[UInt8]>, by nodes: [GroupNode], in mesh: GroupMesh) async throws {
        for node in nodes {
            try await eventually(
                within: .seconds(20), "\(node.name) ran all, not \(mesh.effects.payloads(by: node.name).count)"
            ) { mesh.effects.payloads(by: node.name) == payloads }
            #expect(mesh.effects.runCount(by: node.name) == payloads.count, "\(node.name) ran something twice")
        }
    }

    @Test func everyMemberRunsEachEntryOnce() async throws {
        let mesh = try await GroupMesh.start()
        let nodes = try ["one", "two", "three"].map { try node($0, in: mesh) }
        try await waitForPeers(nodes)
        let first = try await fill(nodes[0], 0..<40)
        // What is acknowledged is on the disks of all that are there.
        for node in nodes[1...] {
            #expect(await node.queue.store.entries(of: nodes[0].origin.origin, from: 1, limit: 100).count == 40)
        }
        let all = first.union(try await fill(nodes[1], 40..<80))
        try await waitUntilRun(all, by: nodes, in: mesh)
        // Each member's completion is known to the origin, in its store.
        let others = Set(nodes[1...].map(\.group.member))
        try await eventually("the origin knows who ran what") {
            let entries = await nodes[0].queue.store.entries(of: nodes[0].origin.origin, from: 1, limit: 100)
            return entries.count == 40 && entries.allSatisfy { $0.progress.completedBy == others }
        }
        #expect(nodes[0].group.standing.replicas.allSatisfy { $0.lagRecords == 0 })
        for node in nodes { try await node.stop() }
    }

    @Test func aMemberThatWasAwayCatchesUp() async throws {
        let mesh = try await GroupMesh.start()
        // Nothing may be forgotten while one lacks it, and everything is once nobody does.
        let brief: (inout QueueConfiguration) -> Void = { $0.dedupeWindow = .milliseconds(500) }
        let one = try node("one", in: mesh, brief)
        let two = try node("two", in: mesh, brief)
        let three = try node("three", in: mesh, brief)
        try await waitForPeers([one, two, three])
        var all = try await fill(one, 0..<20)
        try await waitUntilRun(all, by: [one, two, three], in: mesh)
        try await three.stop()
        all.formUnion(try await fill(one, 20..<60))
        try await waitUntilRun(all, by: [one, two], in: mesh)
        try await eventually("it is away") { one.group.standing.replicas.contains { $0.state == "away" } }
        // The origin itself is started anew: who is in the group is in its store.
        try await one.stop()
        let oneAgain = try node("one", in: mesh, brief)
        let threeAgain = try node("three", in: mesh, brief)
        try await waitUntilRun(all, by: [oneAgain, two, threeAgain], in: mesh)
        let nodes = [oneAgain, two, threeAgain]
        try await waitForPeers(nodes)
        all.formUnion(try await fill(oneAgain, 60..<70))
        try await waitUntilRun(all, by: nodes, in: mesh)
        for node in nodes {
            try await eventually("\(node.name) forgets it all") { node.queue.store.status.entryCount == 0 }
        }
        for node in nodes { try await node.stop() }
    }
}
