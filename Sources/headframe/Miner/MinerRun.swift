internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Mines at a pool until it is told to end: connects, connects again, hands work to the threads and shares to the pool.
struct MinerRun: Sendable {
    let url: StratumURL
    let options: MinerSession.Options
    let threads: Int
    let record: MinerRecord
    let board: WorkBoard

    /// How long a connection may take to stand.
    private static let connectLimit = TimeAmount.seconds(10)

    /// Returns when there are enough shares or the task is cancelled.
    ///
    /// - Throws: ``CommandFailure`` when the pool does not want this miner.
    func run() async throws {
        let outlet = SolutionOutlet()
        try await HashingThreads.run(threads, options.algorithm, board: board, found: { outlet.put($0) }) {
            try await connectForever(outlet)
        }
    }

    private func connectForever(_ outlet: SolutionOutlet) async throws {
        var (target, backoff, session) = (url, Backoff(), String?.none)
        while !Task.isCancelled {
            let began = ContinuousClock.now
            let (end, newSession) = await connect(to: target, session, outlet)
            board.post(nil)
            session = newSession ?? session
            // Whoever could mine for a while begins anew; whoever is thrown out at once waits longer each time.
            if ContinuousClock.now - began > .seconds(30) { backoff = Backoff() }
            var pause = backoff.next(random: .random(in: 0..<1))
            switch end {
            case .enough: return
            case .refused(let reason): throw CommandFailure(.refused, reason)
            case .moved(let host, let port, let seconds):
                if let elsewhere = target.redirected(host: host, port: port) {
                    target = elsewhere
                    pause = max(pause, .seconds(min(seconds, 3600)))
                } else {
                    Diagnostics.note("the pool sends us to a stranger, \(PlainText.shown(host ?? "")): ignored")
                }
            case .lost(let reason):
                if Task.isCancelled { return }
                // Where we were sent may be gone; the way in is where we were told.
                target = url
                Diagnostics.note(
                    "\(reason); connecting to \(target) again in \(Decimals.text(pause / .seconds(1), 1)) s")
            }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    /// One connection from its beginning to its end.
    private func connect(
        to url: StratumURL, _ sessionID: String?, _ outlet: SolutionOutlet
    ) async -> (MinerClient.End, String?) {
        do {
            let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(Self.connectLimit)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connect(host: url.host, port: url.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            record.update { $0.connections += 1 }
            let session = MinerSession(options, sessionID: sessionID, now: .now)
            let client = MinerClient(session, record: record, board: board, channel: connection.channel)
            let end = try await connection.executeThenClose { inbound, _ in
                try await converse(client, inbound, outlet.open())
            }
            return (end, await client.sessionID)
        } catch let violation as PoolViolation {
            record.update { $0.violations += 1 }
            return (.lost("the pool is wrong: \(violation)"), nil)
        } catch {
            return (.lost("no connection to \(url): \(Self.reason(error))"), nil)
        }
    }

    private func converse(
        _ client: MinerClient, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ solutions: AsyncStream<MinerSolution>
    ) async throws -> MinerClient.End {
        if let end = try await client.start() { return end }
        return try await withThrowingTaskGroup(of: MinerClient.End.self) { group in
            group.addTask(name: "lines") {
                for try await bytes in inbound { if let end = try await client.received(bytes) { return end } }
                return .lost("the pool closed the connection")
            }
            group.addTask(name: "shares") {
                for await solution in solutions {
                    if let end = try await client.found(solution) { return end }
                }
                return .lost("the miner ends")
            }
            group.addTask(name: "clock") {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    if let end = try await client.tick() { return end }
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .lost("the miner ends")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason($0.error) } ?? "the name \(error.host) cannot be resolved"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is ChannelError: "\(error)"
        default: "\(error)"
        }
    }
}

/// Takes found shares from the hashing threads to the connection of the moment; without one they are worth nothing.
private final class SolutionOutlet: Sendable {
    private let continuation = Mutex<AsyncStream<MinerSolution>.Continuation?>(nil)

    /// How many may wait to be sent; a pool whose difficulty is too low loses the rest.
    private static let limit = 64

    func put(_ solution: MinerSolution) { _ = continuation.withLock { $0?.yield(solution) } }

    /// The shares from now on, for a new connection.
    func open() -> AsyncStream<MinerSolution> {
        let (stream, new) = AsyncStream.makeStream(
            of: MinerSolution.self, bufferingPolicy: .bufferingOldest(Self.limit))
        continuation.withLock { $0 = new }
        return stream
    }
}

/// How long to wait before the next connection: half a second, twice as long each time, up to 30 s, and up to half of it by chance,
/// so that the miners of a pool that comes back do not come back all at once.
struct Backoff: Sendable {
    private var current = Duration.milliseconds(500)

    /// - Parameter random: From 0 to less than 1.
    mutating func next(random: Double) -> Duration {
        defer { current = min(current * 2, .seconds(30)) }
        return current * (0.5 + random / 2)
    }
}
