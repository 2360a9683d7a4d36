internal import Foundation
internal import Mesh
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// A process that dies is out of use at once, and its successor is not taken for it.
    @Suite struct DeathTests {
        @Test("A killed instance is unroutable within 100 ms and out of Redis within the life of its record")
        func killed() async throws {
            try await withPool { pool in
                try await withNode(pool) { host in
                    let table = TableHistory(host.node)
                    for process in pool.jobmanagers { try await table.waitUntilRoutable(process.name) }

                    let victim = pool.jobmanagers[0]
                    victim.doNotRestart()
                    let process = try victim.current()
                    let killedAt = ContinuousClock.now
                    process.signal(SIGKILL)
                    let took = try await table.waitUntilUnroutable(victim.name, after: killedAt)
                    print("unroutable \(took) after kill -9")
                    #expect(took <= .milliseconds(100))
                    #expect(all(table, after: killedAt + took, agree: { !$0.isRoutable(victim.name) }))

                    // What passes is the life of the record; then it has to be gone.
                    try await Task.sleep(until: killedAt + pool.registryTTL + .milliseconds(50))
                    #expect(try pool.millisecondsToLive(victim.name) < 0)
                    #expect(try await pool.services().map(\.instance) == ["jobmanager-2"])
                    let status: Status = try await host.node.call(.service("jobmanager"), "status")
                    #expect(status.current != nil)
                }
            }
        }

        @Test("The successor on the same port has a higher epoch, and the transport refuses the old one's name")
        func successor() async throws {
            let port = try FreePort.pick()
            try await withPool(ports: ["\(port)"]) { pool in
                try await withNode(pool) { host in
                    let table = TableHistory(host.node)
                    let victim = pool.jobmanagers[0]
                    try await table.waitUntilRoutable(victim.name)
                    let old = try #require(table.entry(victim.name)).record

                    try await victim.current().kill()
                    try await eventually("a successor of \(victim.name) is routable") {
                        table.all.last?.isRoutable(victim.name) == true
                            && table.entry(victim.name)?.record.epoch != old.epoch
                    }
                    let new = try #require(table.entry(victim.name)).record
                    #expect(new.epoch > old.epoch)
                    #expect(new.endpoint == old.endpoint)
                    #expect(new.endpoint.hasSuffix(":\(port)"))

                    let probe = TransportProbe(host)
                    let (toOld, toNew) = (LinkID(1), LinkID(2))
                    try await probe.open(toOld, old.endpoint, old.routingID)
                    try await probe.waitForHandshake(toOld)
                    try await probe.open(toNew, new.endpoint, new.routingID)
                    try await eventually("the transport takes a message to the successor") {
                        await probe.send(on: toNew) == .taken
                    }
                    #expect(await probe.send(on: toOld) == .unroutable)
                    await probe.close()

                    let options = CallOptions(timeout: .seconds(3), failsFast: true, expectedEpoch: old.epoch)
                    let failure = await #expect(throws: MeshError.self) {
                        let _: Status = try await host.node.call(
                            .instance(old.name), "status", options: options)
                    }
                    #expect(failure?.isRetrySafe == true, "\(String(describing: failure))")
                }
            }
        }
    }
}

/// Whether everything that was seen since a time agrees.
private func all(
    _ table: TableHistory, after time: ContinuousClock.Instant, agree: (TableHistory.Moment) -> Bool
) -> Bool {
    table.all.filter { $0.at >= time }.allSatisfy(agree)
}
