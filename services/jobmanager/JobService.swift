internal import Logging
internal import Mesh
internal import Mining
internal import ServiceKit

/// What a jobmanager offers in the mesh.
struct JobService: Sendable {
    /// The service with its methods.
    let definition: ServiceDefinition
    private let jobs: Publication<Job>
    private let headers: Publication<JobHeader>

    /// - Parameter manager: What answers the methods.
    init(_ manager: JobManager) {
        var service = ServiceDefinition(name: JobManagerConfiguration.service)
        service.method("status", "What this jobmanager knows: its current job, its coin daemons, how storing goes.") {
            _ in
            manager.status()
        }
        service.method("current", "The current job, transactions included.") { _ in
            try manager.current()
        }
        service.method(
            "job", "The job of that id, from memory or from Redis; UnknownJob where there is none any more.",
            arguments: ["id"]
        ) { (_, id: String) in
            try await manager.job(id)
        }
        service.method(
            "notify", "Has the coin daemons asked at once: for -blocknotify, with the block's hash.",
            arguments: ["hash"]
        ) { (_, hash: String) in
            try manager.notify(hash)
            return true
        }
        service.method(
            "submitBlock",
            "Hands a found block in to every coin daemon: the header and coinbase of a solved job, in hexadecimal. The outcome unknownJob asks for the job.",
            arguments: ["jobID", "header", "coinbase", "job?"]
        ) { (_, jobID: String, header: String, coinbase: String, job: Job?) in
            try await manager.submitBlock(jobID: jobID, header: header, coinbase: coinbase, job: job)
        }
        jobs = service.publication("jobs", "Every new job, transactions included, the current one first.", of: Job.self)
        headers = service.publication(
            "jobHeaders", "Every new job without its transactions, the current one first.", of: JobHeader.self)
        definition = service
    }

    /// Publishes jobs as both publications of a node; the first one makes the instance ready.
    func publisher(on node: MeshNode, readiness: Readiness, logger: Logger) -> some JobPublisher {
        readiness.set(NodePublisher.condition, notReady: "no coin daemon has given a template yet")
        return NodePublisher(node: node, jobs: jobs, headers: headers, readiness: readiness, logger: logger)
    }
}

private struct NodePublisher: JobPublisher {
    let node: MeshNode
    let jobs: Publication<Job>
    let headers: Publication<JobHeader>
    let readiness: Readiness
    let logger: Logger

    static let condition = "jobs"

    func publish(_ job: Job) async {
        let position = Position(job.position)
        do {
            // The small one first: it waits for nothing.
            try node.publish(JobHeader(job), at: position, key: job.id, as: headers)
            try node.publish(job, at: position, key: job.id, as: jobs)
            await resume()
        } catch {
            logger.error("the job \(job.id) could not be encoded and was not published: \(error)")
        }
    }

    func suspend(_ reason: String) async {
        node.setNotReady()
        readiness.set(Self.condition, notReady: reason)
    }

    func resume() async {
        node.setReady()
        readiness.setReady(Self.condition)
    }
}

extension Position {
    /// Where a template builds, as a mesh compares it: the work in the chain up to the parent is what orders positions.
    fileprivate init(_ chain: ChainPosition) {
        self.init(
            lineage: chain.lineage, ordinal: Ordinal(hex: chain.chainwork.hex) ?? Ordinal(0),
            height: UInt64(chain.height),
            parent: chain.parent, ancestors: chain.ancestors)
    }
}

extension JobManagerError: RemoteFailure {
    var remoteName: String { code.rawValue }
    var remoteMessage: String { message }
}
