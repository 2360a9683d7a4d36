internal import Mesh
internal import TestSupport
internal import Testing

extension SharePool {
    /// What a reporter says of a source.
    private struct Status: Decodable, Sendable {
        struct Source: Decodable, Sendable { var waiting: Int }
        var sources: [Source]
    }

    /// Waits until every accepted share is counted, and no server has one that is not.
    func waitUntilCounted(_ mined: MinedShares) async throws {
        try await withNode(pool) { mesh in try await waitUntilCounted(mined, mesh.node) }
    }

    private func waitUntilCounted(_ mined: MinedShares, _ node: MeshNode) async throws {
        var missing = -1
        try await eventually(within: .seconds(90), "every accepted share is counted; missing: \(missing)") {
            missing = mined.accepted.subtracting(try await CountedShares.read(pool.place).hashes).count
            guard missing == 0 else { return false }
            let name = InstanceName(service: "reporter", instance: reporters[0].name)
            let status: Status? = try? await node.call(.instance(name), "status", options: .init(timeout: .seconds(2)))
            guard let status, status.sources.count >= stratum.count else { return false }
            return status.sources.allSatisfy { $0.waiting == 0 }
        }
    }
}

extension CountedShares {
    /// The figures, in words.
    func summary(beside mined: MinedShares) -> String {
        """
        submitted \(mined.submitted.count), accepted \(mined.accepted.count), rejected \(mined.rejected.count), without an answer \
        \(mined.unanswered.count) of which counted \(hashes.subtracting(mined.accepted).count), counted in all \(count), lost \
        \(mined.accepted.subtracting(hashes).count)
        """
    }

    /// Every accepted share is counted, each once, and no other one but those whose answer never came.
    func check(against mined: MinedShares) {
        #expect(mined.accepted.isSubset(of: hashes), "none is lost")
        #expect(count == hashes.count, "the minutes have the distinct shares, each once")
        #expect(
            hashes.subtracting(mined.accepted).isSubset(of: mined.unanswered),
            "nothing is counted that was refused, or that nobody sent")
        #expect(window == weight && rounds == weight, "\(window) \(rounds) \(weight)")
    }
}
