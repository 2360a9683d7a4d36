internal import EventLoop
internal import Logging
internal import Mesh
internal import Redis
internal import Synchronization
internal import TestSupport

@testable internal import MeshRedis

/// What a test has at hand: a server, a registry on it, and a client to look behind the scenes.
struct Scene: Sendable {
    let server: RedisServer
    let registry: RedisRegistry
    let client: RedisClient
    let loop: EventLoop

    /// Reserves an epoch and announces the instance under it.
    @discardableResult
    func join(_ instance: String, state: InstanceState = .ready) async throws -> InstanceRecord {
        let name = InstanceName(service: "jobs", instance: instance)
        let record = InstanceRecord(
            name: name, epoch: try await registry.reserve(name), nonce: .random(in: 0...(.max)),
            endpoint: "tcp://127.0.0.1:17000", state: state, version: "1.2", zone: "a", weight: 50, pid: 42,
            host: "here",
            startedMilliseconds: 1_700_000_000_000, load: 0.25)
        guard try await registry.announce(record) == .listed else { throw TestSupportError("\(name) was fenced") }
        return record
    }

    func listed() async throws -> [InstanceRecord] {
        try await registry.list().map(\.record).sorted { $0.name < $1.name }
    }
}

/// Runs `body` with a server and a registry of its own.
func withScene(
    timeToLive: Duration = .seconds(15), arguments: [String] = [],
    _ body: @Sendable (Scene) async throws -> Void
) async throws {
    let server = try await RedisServer.start(arguments: arguments)
    var configuration = RedisRegistry.Configuration(redis: RedisConfiguration(url: try RedisURL(server.url)))
    configuration.namespace = "test"
    configuration.timeToLive = timeToLive
    let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    try await EventLoop.withEventLoop { [configuration] loop in
        let registry = RedisRegistry(configuration: configuration, loop: loop, logger: silent)
        try await withRedisClient(configuration.redis, loop: loop, logger: silent) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await registry.run() }
                try await client.waitUntilConnected(within: .seconds(10))
                try await body(Scene(server: server, registry: registry, client: client, loop: loop))
                group.cancelAll()
            }
        }
    }
}

/// What a watcher has heard, to wait for things in it.
final class Heard: Sendable {
    private let events = Mutex<[RegistryEvent]>([])

    func append(_ event: RegistryEvent) { events.withLock { $0.append(event) } }

    var all: [RegistryEvent] { events.withLock { $0 } }

    /// The instances of the latest snapshot with what came after it.
    var table: [String: InstanceRecord] {
        var table: [String: InstanceRecord] = [:]
        for event in all {
            switch event {
            case .snapshot(let records):
                table = Dictionary(uniqueKeysWithValues: records.map { ($0.name.instance, $0) })
            case .updated(let record): table[record.name.instance] = record
            case .left(let name, let epoch): if table[name.instance]?.epoch == epoch { table[name.instance] = nil }
            case .unreachable, .reachable: break
            }
        }
        return table
    }

    func count(where isMeant: (RegistryEvent) -> Bool) -> Int { all.count(where: isMeant) }

    var snapshots: Int { count { if case .snapshot = $0 { true } else { false } } }
    var updates: Int { count { if case .updated = $0 { true } else { false } } }
    var losses: Int { count { if case .unreachable = $0 { true } else { false } } }
    var returns: Int { count { if case .reachable = $0 { true } else { false } } }
}

extension Scene {
    /// Runs `body` with a watcher that has taken its first snapshot.
    func watching(_ body: @Sendable (Heard) async throws -> Void) async throws {
        let heard = Heard()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await registry.watch { heard.append($0) } } catch is CancellationError {}
            }
            try await eventually("the first snapshot") { heard.snapshots > 0 }
            try await body(heard)
            group.cancelAll()
        }
    }
}
