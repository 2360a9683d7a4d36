internal import Mesh
internal import Mining

/// The jobmanagers that found blocks are submitted to.
protocol Jobmanagers: Sendable {
    /// Tells of all that are known, now and after every change.
    func observe(_ observer: @escaping @Sendable ([BlockCampaign.Jobmanager]) -> Void)

    /// Hands a block in to one of them.
    ///
    /// - Throws: Within about ten seconds, when it does not answer.
    func submit(_ block: FoundBlock, to instance: String, job: Job?) async throws -> BlockVerdict
}

/// The jobmanagers of a mesh.
struct MeshJobmanagers: Jobmanagers {
    let node: MeshNode

    private static let service = "jobmanager"
    /// Longer than the jobmanager itself gives its daemons.
    private static let timeout: Duration = .seconds(12)

    func observe(_ observer: @escaping @Sendable ([BlockCampaign.Jobmanager]) -> Void) {
        node.observe(Self.service) { entries in
            observer(
                entries.map { entry in
                    // One that is not ready, without templates, submits as well as any other.
                    BlockCampaign.Jobmanager(instance: entry.record.name.instance, isReachable: entry.state == .up)
                })
        }
    }

    func submit(_ block: FoundBlock, to instance: String, job: Job?) async throws -> BlockVerdict {
        try await node.call(
            .instance(InstanceName(service: Self.service, instance: instance)), "submitBlock", block.job.id,
            Hex.encode(block.header), Hex.encode(block.coinbase), job,
            options: CallOptions(timeout: Self.timeout, isIdempotent: true))
    }
}
