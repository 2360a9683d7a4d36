internal import EventLoop
internal import Mesh
internal import MeshRedis
internal import MeshZeroMQ
internal import Redis
internal import TestSupport
internal import ZeroMQ

/// A mesh of the test's own: a Redis, and instances of a service `feed` that live in the test process.
struct LiveMesh: Sendable {
    struct Instance: Sendable {
        let node: MeshNode
        let blocks: Publication<[String: Int]>

        func publish(_ height: UInt64) throws {
            let parents = (0..<min(height, 16)).map { "block-\(height - $0)" }
            try node.publish(
                ["height": Int(height)],
                at: Position(
                    lineage: "test", ordinal: Ordinal(height * 1000), height: height, parent: "block-\(height)",
                    ancestors: parents),
                key: "job-\(height)", as: blocks)
        }
    }

    let redis: RedisServer
    let instances: [Instance]

    /// Runs `body` with a mesh whose instances `feed-1`, `feed-2`, ... are ready.
    ///
    /// - Parameter offer: adds to what an instance offers.
    static func with(
        instances count: Int, offering offer: (_ instance: Int, inout ServiceDefinition) -> Void = { _, _ in },
        _ body: @escaping @Sendable (LiveMesh) async throws -> Void
    ) async throws {
        let redis = try await RedisServer.start()
        let services = (1...count).map { number in
            var service = ServiceDefinition(name: "feed")
            offer(number, &service)
            return service
        }
        try await EventLoop.withEventLoop { loop in
            let registry = RedisRegistry(
                configuration: .init(redis: RedisConfiguration(url: try RedisURL(redis.url))), loop: loop)
            let instances = try services.enumerated().map { number, service in
                try instance("feed-\(number + 1)", service, registry, loop)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await registry.run() }
                for instance in instances { group.addTask { try await instance.node.run() } }
                for instance in instances { instance.node.setReady() }
                try await eventually("\(count) instances are listed as ready") {
                    let listed = (try? await registry.list()) ?? []
                    return listed.count { $0.record.state == .ready } == count
                }
                try await body(LiveMesh(redis: redis, instances: instances))
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    private static func instance(
        _ name: String, _ service: ServiceDefinition, _ registry: RedisRegistry, _ loop: EventLoop
    ) throws -> Instance {
        var service = service
        service.method("add", "Adds two numbers.", arguments: ["a", "b"]) { (_, a: Int, b: Int) in a + b }
        service.method("text", "Gives the text back.", arguments: ["text"]) { (_, text: String) in text }
        service.stream("count", "Counts up to n.", arguments: ["n"], of: Int.self) { _, writer, n in
            for number in 0..<n { try await writer.write(number) }
        }
        let blocks = service.publication("blocks", "Every block.", of: [String: Int].self)
        let transport = ZeroMQTransport(context: try Context(), loop: loop)
        let node = MeshNode(
            .init(name: InstanceName(service: "feed", instance: name)), service: service, transport: transport,
            registry: registry, reactor: loop)
        return Instance(node: node, blocks: blocks)
    }

    /// Starts `headframe` on this mesh.
    func start(_ arguments: String...) throws -> ChildProcess {
        try ChildProcess.start(
            Program.built("headframe"), arguments,
            environment: ["HEADFRAME_REDIS": redis.url, "HEADFRAME_ENV_FILE": ""])
    }

    /// Runs `headframe` on this mesh to its end.
    func run(_ arguments: String...) async throws -> (code: Int32, output: [String], errors: String) {
        let process = try ChildProcess.start(
            Program.built("headframe"), arguments,
            environment: ["HEADFRAME_REDIS": redis.url, "HEADFRAME_ENV_FILE": ""])
        guard case .code(let code) = try await process.waitForExit(deadline: .seconds(30)) else {
            throw TestSupportError("headframe \(arguments) was killed by a signal")
        }
        return (code, process.outputLines, process.standardError)
    }
}
