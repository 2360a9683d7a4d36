internal import Glibc
internal import Logging
internal import Mining
internal import NIOCore
internal import NIOPosix
internal import ServiceKit
internal import ServiceLifecycle
internal import Synchronization

/// Listens for miners, and serves them until shutdown.
///
/// At the end it stops listening, asks the miners to connect elsewhere, and leaves them a moment to do so: behind the same address another
/// server may be listening.
final class StratumServer: Service {
    let parts: PoolParts
    private let group: MultiThreadedEventLoopGroup
    private let hubs: [ConnectionHub]
    private let readiness: Readiness
    private let bound = Mutex<[ListenAddress]>([])

    private static let condition = "listening"

    /// A server that does not listen yet.
    init(_ parts: PoolParts, readiness: Readiness) {
        self.parts = parts
        self.readiness = readiness
        let group = MultiThreadedEventLoopGroup(numberOfThreads: parts.options.loopThreads)
        self.group = group
        hubs = group.makeIterator().map { ConnectionHub($0, parts: parts) }
        readiness.set(Self.condition, notReady: "not listening for miners yet")
    }

    /// Where it listens, with the ports that the system gave; empty before.
    var addresses: [ListenAddress] { bound.withLock { $0 } }

    /// Hands work to every connection.
    func hand(_ work: Work, clean: Bool) {
        for hub in hubs { hub.hand(work, clean: clean) }
    }

    /// What the connections are doing.
    func summary() async throws -> HubSummary {
        var sum = HubSummary()
        for hub in hubs { sum = sum + (try await hub.summary()) }
        return sum
    }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: `ServiceKitError` when an address cannot be bound.
    func run() async throws {
        if await !parts.extranonces.settled(within: parts.options.settleTime) {
            parts.logger.warning(
                "listening for miners although the registry has not told of the other servers' extranonces yet")
        }
        let outcome: Result<Void, any Error>
        do {
            try await serve()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await parts.hashing.shutdown()
        await settle()
        try await group.shutdownGracefully()
        try outcome.get()
    }

    private func serve() async throws {
        parts.hashing.start()
        for hub in hubs { hub.start() }
        var listeners: [any Channel] = []
        do {
            for listen in parts.options.listen { listeners.append(try await bind(listen)) }
            readiness.setReady(Self.condition)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(name: "gauge") { try await self.showConnections() }
                group.addTask(name: "failure") { [listeners] in try await self.leaveOnFailure(listeners) }
                group.addTask(name: "shutdown") { try await gracefulShutdown() }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            await close(listeners)
            if !(error is CancellationError) { throw error }
        }
        readiness.set(Self.condition, notReady: "shutting down")
        await drain(listeners)
    }

    private func showConnections() async throws {
        while true {
            parts.statistics.connections(parts.guardian.connections)
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Sends the miners elsewhere when no share will be recorded any more: behind the same address another server may be listening. What is on
    /// the disk and the found blocks still have to be handed on, so that the process stays.
    private func leaveOnFailure(_ listeners: [any Channel]) async throws {
        while true {
            if let failure = parts.shares.failure {
                parts.logger.error("miners are asked to connect elsewhere", metadata: ["reason": "\(failure)"])
                readiness.set(Self.condition, notReady: "no miner is taken: \(failure)")
                await sendAway(listeners)
                return try await gracefulShutdown()
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func bind(_ listen: ListenAddress) async throws -> any Channel {
        let hubs = Dictionary(uniqueKeysWithValues: hubs.map { (ObjectIdentifier($0.eventLoop), $0) })
        let (parts, options) = (parts, parts.options)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.socket(SocketOptionLevel(SOL_SOCKET), SO_REUSEPORT), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.socketOption(.so_sndbuf), value: .init(options.sendBufferBytes))
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: options.pendingBytes / 2, high: options.pendingBytes)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let hub = hubs[ObjectIdentifier(channel.eventLoop)] else { return }
                    let connection = Connection(channel, on: listen, hub: hub, parts: parts)
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
        do {
            let channel = try await bootstrap.bind(host: listen.host, port: listen.port).get()
            var address = listen
            address.port = channel.localAddress?.port ?? listen.port
            bound.withLock { [address] in $0.append(address) }
            parts.logger.notice("listening for miners", metadata: ["url": "stratum+tcp://\(address)"])
            return channel
        } catch {
            throw ServiceKitError(
                .cannotBind,
                "cannot listen for miners on \(listen); give another address with --listen, or end what listens there",
                cause: error)
        }
    }

    private func close(_ listeners: [any Channel]) async {
        for listener in listeners {
            do {
                try await listener.close()
            } catch ChannelError.alreadyClosed {
                // Which is what was wanted.
            } catch {
                parts.logger.warning(
                    "a listener for miners could not be closed, the end of the process does it: \(error)")
            }
        }
    }

    private func drain(_ listeners: [any Channel]) async {
        await sendAway(listeners)
        for hub in hubs { hub.stop() }
    }

    private func sendAway(_ listeners: [any Channel]) async {
        await close(listeners)
        bound.withLock { $0 = [] }
        for hub in hubs { hub.askToLeave() }
        await wait(atMost: parts.options.drainTime)
        for hub in hubs { hub.closeAll() }
        await wait(atMost: parts.options.closeTimeout + parts.options.tick * 2)
    }

    /// Waits until the last shares are decided: after that nothing comes for the threads of the connections, which end. Bounded by the
    /// time that the queue takes for each.
    private func settle() async {
        let end = ContinuousClock.now + .seconds(5)
        while parts.shares.pending > 0, ContinuousClock.now < end {
            // Cancelled, there is no time left to wait.
            guard (try? await Task.sleep(for: .milliseconds(10))) != nil else { return }
        }
    }

    /// Waits until no share waits for its answer and no connection is left.
    private func wait(atMost time: Duration) async {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {
            // A thread that cannot be asked may have connections still.
            if parts.hashing.load == 0, parts.shares.pending == 0, (try? await summary())?.connections == 0 { return }
            // Cancelled, there is no time left to wait.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { return }
        }
    }
}
