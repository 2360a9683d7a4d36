internal import DurableQueue
internal import EventLoop
internal import Foundation
internal import Logging
internal import Mesh
internal import MeshRedis
internal import MeshZeroMQ
internal import Mining
internal import Redis
internal import ServiceKit
internal import TestSupport
internal import ZeroMQ

@testable internal import reporter

/// A mesh of the test's own: servers with queues of shares, and reporters, each with a life of its own.
struct ReporterScene: Sendable {
    /// Where shares are counted.
    let counting: RedisServer
    let ledger: ShareLedger
    let redis: RedisClient
    let registry: RedisRegistry
    let loop: EventLoop

    /// What a test may end by itself.
    struct Life: Sendable {
        private let end: AsyncStream<Never>.Continuation
        private let stream: AsyncStream<Never>

        init() { (stream, end) = AsyncStream.makeStream() }

        func kill() { end.finish() }

        fileprivate func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await body() }
                group.addTask { for await _ in stream {} }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    /// A server of shares.
    struct Server: Sendable {
        let queue: DurableQueue
        let life = Life()
        fileprivate let node: MeshNode

        func put(_ shares: [PoolShare]) async throws {
            for share in shares { _ = try await queue.enqueue(payload: share.bytes) }
        }
    }

    struct Reporter: Sendable {
        let reporter: ShareReporter
        let life = Life()
        fileprivate let node: MeshNode
        fileprivate let redis: RedisClient
    }

    private func node(_ service: ServiceDefinition, _ instance: String) throws -> MeshNode {
        MeshNode(
            .init(name: InstanceName(service: service.name, instance: instance)), service: service,
            transport: ZeroMQTransport(context: try Context(), loop: loop, logger: .silent), registry: registry,
            reactor: loop, logger: .silent)
    }

    func server(_ name: String, store: any DurableStore) throws -> Server {
        var configuration = QueueConfiguration(name: SourceReader.queue)
        configuration.keepsCompletedPayloads = true
        let queue = DurableQueue(store: store, configuration: configuration, logger: .silent)
        let desk = QueueDesk()
        desk.add(queue)
        var service = ServiceDefinition(name: SourceReader.service)
        desk.offer(on: &service)
        return Server(queue: queue, node: try node(service, name))
    }

    func reporter(
        _ name: String, limits: SourceFollower.Limits = SourceFollower.Limits()
    ) throws -> Reporter {
        let redis = RedisClient(
            configuration: RedisConfiguration(url: try RedisURL(counting.url)), loop: loop, logger: .silent)
        let ledger = ShareLedger(redis, state: redis, namespace: LedgerScene.namespace, options: CountingOptions())
        let reporter = ShareReporter(
            ledger, instance: name, options: .init(limits: limits, lookEvery: .milliseconds(100)),
            readiness: Readiness(),
            logger: .silent)
        return Reporter(
            reporter: reporter, node: try node(ReporterService(reporter).definition, name), redis: redis)
    }

    func run(_ server: Server) async throws {
        try await server.life.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.node.run() }
                group.addTask { try await server.queue.run() }
                server.node.setReady()
                try await group.next()
                group.cancelAll()
            }
        }
    }

    func run(_ reporter: Reporter) async throws {
        try await reporter.life.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await reporter.redis.run() }
                group.addTask { try await reporter.node.run() }
                group.addTask { await reporter.reporter.run(on: reporter.node) }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    /// How many shares are counted, by worker.
    func counted() async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for minute in try await redis.send(["ZRANGE", "{test}:shares", 0, -1]).array?.compactMap(\.string) ?? [] {
            for (name, value) in try await redis.send(["HGETALL", "{test}:shares:\(minute)"]).pairs ?? []
            where name.hasSuffix("|accepted|count") {
                counts[String(name.prefix { $0 != "|" }), default: 0] += Int(value.integer ?? 0)
            }
        }
        return counts
    }

    func waitUntil(
        counted expected: [String: Int], within deadline: Duration = .seconds(30)
    ) async throws {
        try await eventually(within: deadline, "\(expected) are counted") {
            (try? await counted()) == expected
        }
    }
}

/// Runs `body` with a mesh and a Redis for counting, which may go away; what `body` starts is ended with it.
func withReporterScene(
    _ body: @escaping @Sendable (ReporterScene, inout ThrowingTaskGroup<Void, any Error>) async throws -> Void
) async throws {
    async let counting = RedisServer.start(arguments: ["--appendonly", "yes", "--appendfsync", "always"])
    async let mesh = RedisServer.start()
    let (server, registryServer) = (try await counting, try await mesh)
    try await EventLoop.withEventLoop { loop in
        var configuration = RedisRegistry.Configuration(
            redis: RedisConfiguration(url: try RedisURL(registryServer.url)))
        configuration.timeToLive = .seconds(3)
        let registry = RedisRegistry(configuration: configuration, loop: loop, logger: .silent)
        let redis = RedisClient(
            configuration: RedisConfiguration(url: try RedisURL(server.url)), loop: loop, logger: .silent)
        let ledger = ShareLedger(redis, state: redis, namespace: LedgerScene.namespace, options: CountingOptions())
        let scene = ReporterScene(counting: server, ledger: ledger, redis: redis, registry: registry, loop: loop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await registry.run() }
            group.addTask { await redis.run() }
            defer { group.cancelAll() }
            try await redis.waitUntilConnected(within: .seconds(10))
            try await body(scene, &group)
        }
        _ = registryServer
    }
}
