internal import Logging
internal import Mining
internal import NIOPosix
internal import ServiceKit
internal import Stratum
internal import Synchronization
internal import TestSupport

@testable internal import stratum

/// A server that listens, and what it was told to keep.
struct ServerScene: Sendable {
    let server: StratumServer
    let feed: JobFeed
    let kept: KeptRecords
    let readiness: Readiness
    let port: Int

    /// A miner that is connected.
    func miner(receiveBuffer: Int? = nil) async throws -> TestMiner {
        try await TestMiner.connect(port: port, receiveBuffer: receiveBuffer)
    }

    /// A miner that has a job.
    func miningMiner(worker: String = "address.rig", password: String = "x") async throws -> TestMiner {
        let miner = try await miner()
        try await miner.logIn(worker: worker, password: password)
        _ = try await miner.notification("mining.notify")
        return miner
    }
}

/// Keeps what a server tells of.
final class KeptRecords: PoolRecorder, BlockSink {
    struct State {
        var connected: [ConnectionInfo] = []
        var updated: [ConnectionInfo] = []
        var disconnected: [ConnectionInfo] = []
        var shares: [ShareRecord] = []
        var blocks: [FoundBlock] = []
    }

    private let state = Mutex(State())

    var all: State { state.withLock { $0 } }

    func connected(_ connection: ConnectionInfo) { state.withLock { $0.connected.append(connection) } }
    func updated(_ connection: ConnectionInfo) { state.withLock { $0.updated.append(connection) } }
    func disconnected(_ connection: ConnectionInfo) { state.withLock { $0.disconnected.append(connection) } }
    func share(_ share: ShareRecord) { state.withLock { $0.shares.append(share) } }
    func found(_ block: FoundBlock) { state.withLock { $0.blocks.append(block) } }
}

/// Runs `body` with a server that listens on a port of its own, where every hash is a share.
///
/// - Parameters:
///   - job: What it gives out; nil for a server without work.
///   - shares: Where accepted shares go.
///   - change: Changes its options.
func withServer(
    listen: String = "127.0.0.1:0?d=0.00001&min=0.00001&max=0.00001", job: Job? = try? Samples.job(),
    shares: any ShareSink = ForgetfulShareSink(),
    _ change: (inout ServerOptions) -> Void = { _ in },
    _ body: @escaping @Sendable (ServerScene) async throws -> Void
) async throws {
    var options = ServerOptions(listen: try ListenAddress.list(parsing: listen))
    options.tick = .milliseconds(20)
    options.settleTime = .zero
    options.drainTime = .milliseconds(100)
    options.closeTimeout = .milliseconds(200)
    change(&options)
    let kept = KeptRecords()
    let readiness = Readiness()
    let parts = PoolParts(
        options, recorder: kept, blocks: kept, shares: shares, wallClockMilliseconds: { 1_700_000_000_000 },
        logger: Samples.silent)
    let server = StratumServer(parts, readiness: readiness)
    let feed = JobFeed(
        parts.board, ageLimit: options.session.jobAge, readiness: readiness, logger: Samples.silent, hand: server.hand)
    if let job { feed.take(job, from: "jobmanager-1") }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask(name: "server") { try await server.run() }
        defer { group.cancelAll() }
        let count = options.listen.count
        try await eventually("the server listens") { server.addresses.count == count }
        let port = server.addresses[0].port
        try await body(ServerScene(server: server, feed: feed, kept: kept, readiness: readiness, port: port))
    }
}
