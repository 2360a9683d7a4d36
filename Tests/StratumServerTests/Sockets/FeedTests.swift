internal import Mesh
internal import Mining
internal import ServiceKit
internal import ServiceLifecycle
internal import TestSupport
internal import Testing

@testable internal import Stratum
@testable internal import stratum

/// From the jobmanagers through the mesh to the miners, and what happens when they are away.
@Suite(.serialized, .timeLimit(.minutes(2))) struct FeedTests {
    private static let service = ServiceDefinition(name: "stratum")

    /// Runs `body` beside a server without work, whose feed runs in a mesh.
    private static func withFeed(
        _ body:
            @escaping @Sendable (MeshScene, ServerScene, inout ThrowingTaskGroup<Void, any Error>) async throws -> Void
    ) async throws {
        try await withMesh { mesh in
            try await withServer(job: nil) { scene in
                try await mesh.withNode("stratum-1", offering: service) { node in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask(name: "feed") { try await scene.feed.run(on: node) }
                        defer { group.cancelAll() }
                        try await body(mesh, scene, &group)
                    }
                }
            }
        }
    }

    @Test func jobsOfAllJobmanagersReachTheMinersAndTheLastOneStays() async throws {
        try await Self.withFeed { mesh, scene, _ in try await Self.follow(mesh, scene) }
    }

    private static func follow(_ mesh: MeshScene, _ scene: ServerScene) async throws {
        let miner = try await scene.miner()
        try await miner.logIn()
        try await mesh.withJobmanager("jobmanager-1") { publishFirst in
            try publishFirst(try Samples.job(1))
            _ = try await miner.notification("mining.notify")
            try await mesh.withJobmanager("jobmanager-2") { publishSecond in
                // Who is first at a new block brings it; the same job of the other one is no news.
                try publishSecond(try Samples.job(2, tip: 2))
                #expect(try await miner.notification("mining.notify", count: 2).isClean)
                try publishFirst(try Samples.job(2, tip: 2))
                try publishFirst(try Samples.job(3, tip: 3))
                #expect(try await miner.notification("mining.notify", count: 3).isClean)
                #expect(miner.messages.count { $0.method == "mining.notify" } == 3)
                try await eventually("it is ready") { scene.readiness.notReady.isEmpty }
            }
        }
        try await eventually(within: .seconds(20), "it says that all are away, not \(scene.readiness.degraded)") {
            scene.readiness.degraded.contains { $0.reason.contains("miners keep the job of height") }
        }
        #expect(scene.readiness.notReady.isEmpty)
        #expect(try await miner.reply(to: try miner.submit(nonce: 1)).isTrue)
        // A new miner gets it too.
        let other = try await scene.miningMiner()
        #expect(try await other.reply(to: try other.submit(nonce: 2)).isTrue)
    }

    @Test func withoutRedisMiningGoesOn() async throws {
        try await Self.withFeed { mesh, scene, _ in
            try await mesh.withJobmanager("jobmanager-1") { publish in
                try publish(try Samples.job(1))
                let miner = try await scene.miner()
                try await miner.logIn()
                _ = try await miner.notification("mining.notify")
                try await mesh.redis.kill()
                try publish(try Samples.job(1, tip: 2, bits: Samples.everySecondHash))
                #expect(try await miner.notification("mining.notify", count: 2).isClean)
                for nonce: UInt32 in 0..<64 where scene.kept.all.blocks.isEmpty {
                    #expect(try await miner.reply(to: try miner.submit(nonce: nonce)).isTrue)
                }
                #expect(scene.kept.all.blocks.count == 1)
                _ = try await scene.miningMiner()
            }
        }
    }

    @Test func aCancelledFeedEndsWithoutAnError() async throws {
        try await Self.withFeed { _, scene, group in
            try await eventually("it runs") { scene.feed.state.hasPrefix("waiting") }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
    }

    @Test func twoServersWithOneExtranonceDrawAnew() async throws {
        try await withMesh { mesh in
            try await mesh.withNode("stratum-1", offering: Self.service) { first in
                let source = ExtranonceSource(logger: Samples.silent)
                let drawn = source.announced
                try await mesh.withNode("stratum-2", offering: Self.service) { second in
                    second.setAttribute(ExtranonceSource.attribute, to: drawn)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            await source.run(on: first, as: InstanceName(service: "stratum", instance: "stratum-1"))
                        }
                        defer { group.cancelAll() }
                        try await eventually("another one is drawn") { source.announced != drawn }
                        #expect(await source.settled(within: .seconds(10)))
                        try await eventually("the other server sees it") {
                            await second.instances(of: "stratum").contains {
                                $0.record.attributes[ExtranonceSource.attribute] == source.announced
                            }
                        }
                    }
                }
            }
        }
    }

    @Test func aHalfThatIsGivenOutIsFollowedByAnotherThatIsAnnounced() async throws {
        try await withMesh { mesh in
            try await mesh.withNode("stratum-1", offering: Self.service) { node in
                let source = ExtranonceSource(
                    Extranonces(process: 0x0a0b_0c0d, connection: .max), logger: Samples.silent)
                func isAnnounced(_ half: String) async -> Bool {
                    await node.instances(of: "stratum").contains {
                        $0.record.attributes[ExtranonceSource.attribute] == half
                    }
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await source.run(on: node, as: InstanceName(service: "stratum", instance: "stratum-1"))
                    }
                    defer { group.cancelAll() }
                    try await eventually("the first is announced") { await isAnnounced("0a0b0c0d") }
                    #expect(source.next().hex == "0a0b0c0dffffffff")
                    let second = source.next()
                    #expect(second.connection == 0)
                    try await eventually("the second is announced") { await isAnnounced(Samples.hex(second.process)) }
                }
            }
        }
    }

    @Test func aShutdownTellsTheMinersAndEnds() async throws {
        var options = ServerOptions(listen: try ListenAddress.list(parsing: "127.0.0.1:0"))
        options.settleTime = .zero
        options.drainTime = .milliseconds(500)
        options.closeTimeout = .milliseconds(200)
        options.tick = .milliseconds(20)
        let kept = KeptRecords()
        let readiness = Readiness()
        let server = StratumServer(
            PoolParts(
                options, recorder: kept, blocks: kept, shares: ForgetfulShareSink(), wallClockMilliseconds: { 0 },
                logger: Samples.silent),
            readiness: readiness)
        let group = ServiceGroup(services: [server], logger: Samples.silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("the server listens") { !server.addresses.isEmpty }
            let miner = try await TestMiner.connect(port: server.addresses[0].port)
            try await miner.logIn()
            try await eventually("it is told of") { kept.all.connected.count == 1 }
            await group.triggerGracefulShutdown()
            try await miner.waitUntilClosed()
            #expect(miner.messages.last?.method == "client.reconnect")
            try await eventually("it is told of the end") { kept.all.disconnected.count == 1 }
            try await tasks.next()
        }
        #expect(server.addresses.isEmpty)
        #expect(readiness.notReady.map(\.reason) == ["shutting down"])
    }

    @Test func anAddressThatCannotBeBoundIsNamed() async throws {
        // Nobody has this address.
        let options = ServerOptions(listen: try ListenAddress.list(parsing: "192.0.2.1:3333"), settleTime: .zero)
        let kept = KeptRecords()
        let server = StratumServer(
            PoolParts(
                options, recorder: kept, blocks: kept, shares: ForgetfulShareSink(), wallClockMilliseconds: { 0 },
                logger: Samples.silent),
            readiness: Readiness())
        let error = await #expect(throws: ServiceKitError.self) { try await server.run() }
        #expect(error?.code == .cannotBind && error?.message.contains("192.0.2.1:3333") == true)
    }
}
