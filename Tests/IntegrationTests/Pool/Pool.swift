internal import Foundation
internal import TestSupport

/// A mining pool of a test's own: Redis, coin daemons of one private chain, and jobmanagers that are started again when they end.
struct Pool: Sendable {
    let redis: RedisServer
    let chain: LitecoinNetwork
    let jobmanagers: [SupervisedProcess]
    let namespace: String
    /// How long a record stays in the registry without renewal.
    let registryTTL: Duration

    /// The jobmanager of that name.
    func jobmanager(_ name: String) throws -> SupervisedProcess {
        guard let found = jobmanagers.first(where: { $0.name == name }) else {
            throw TestSupportError("there is no \(name) in this pool")
        }
        return found
    }

    /// Where its mesh is found.
    var place: MeshPlace { MeshPlace(redis: redis.url, namespace: namespace, registryTTL: registryTTL) }

    /// The arguments of one more jobmanager.
    func arguments(_ name: String, ports: String) -> [String] {
        Self.arguments(name, ports: ports, place, daemons: chain.addresses)
    }

    fileprivate static func arguments(
        _ name: String, ports: String, _ place: MeshPlace, daemons: String
    ) -> [String] {
        place.arguments(name, ports: ports) + ["--daemons", daemons, "--network", "litecoin-regtest"]
    }
}

/// Runs `body` with a pool whose jobmanagers are ready, and ends all of it.
///
/// - Parameters:
///   - jobmanagers: How many.
///   - ports: The ports of each, such as `17000-17999`; a range of the test's own where there are fewer than jobmanagers.
///   - registryTTL: In whole seconds; short, so that what waits for it is quick.
///   - arguments: Of Redis.
func withPool(
    jobmanagers count: Int = 2, ports: [String] = [], registryTTL: Duration = .seconds(3),
    redis arguments: [String] = ["--appendonly", "yes"],
    _ body: @escaping @Sendable (Pool) async throws -> Void
) async throws {
    async let redis = RedisServer.start(arguments: arguments)
    async let chain = LitecoinNetwork.start()
    let namespace = "test-\(UInt32.random(in: 0...(.max)))"
    let range = try PortBlock.pick()
    let (server, network) = (try await redis, try await chain)
    let program = try Program.built("jobmanager")
    let place = MeshPlace(redis: server.url, namespace: namespace, registryTTL: registryTTL)
    let supervised = (1...max(count, 1)).prefix(count).map { number in
        let name = "jobmanager-\(number)"
        let arguments = Pool.arguments(
            name, ports: number <= ports.count ? ports[number - 1] : range, place, daemons: network.addresses)
        return SupervisedProcess(name, program, arguments, environment: [:])
    }
    let pool = Pool(
        redis: server, chain: network, jobmanagers: Array(supervised), namespace: namespace, registryTTL: registryTTL)
    do {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for process in supervised { group.addTask(name: process.name) { try await process.run() } }
            defer { group.cancelAll() }
            try await pool.waitUntilReady()
            try await body(pool)
        }
    } catch {
        pool.printLogs()
        throw error
    }
}

extension Pool {
    /// Waits until every jobmanager is listed as ready in its present life.
    func waitUntilReady(within deadline: Duration = .seconds(20)) async throws {
        for process in jobmanagers {
            try await eventually(within: deadline, "\(process.name) is ready") {
                guard let pid = process.lives.last?.pid else { return false }
                return try field("pid", of: process.name) == "\(pid)" && field("state", of: process.name) == "ready"
            }
        }
    }

    /// A field of an instance's record in Redis; nil where there is none.
    func field(_ field: String, of instance: String) throws -> String? {
        let reply = try redis.command("HGET", recordKey(instance), field)
        let parts = reply.components(separatedBy: "\r\n")
        return parts.count >= 2 && parts[0].hasPrefix("$") && parts[0] != "$-1" ? parts[1] : nil
    }

    /// The key of an instance's record in Redis.
    func recordKey(_ instance: String) -> String { "{\(namespace)}:service:jobmanager:\(instance)" }

    /// Shows what the processes said, for a test that failed.
    func printLogs() {
        for process in jobmanagers { process.printLog() }
    }
}

/// Ranges of ports that no other pool of this process has.
enum PortBlock {
    /// Fifty ports as `LOW-HIGH`, free or not: a service tries one after the other.
    static func pick() throws -> String {
        let first = try FreePort.pick()
        let low = min(first, 31_950)
        return "\(low)-\(low + 49)"
    }
}
