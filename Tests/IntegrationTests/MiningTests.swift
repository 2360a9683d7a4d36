internal import Foundation
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// From the miner to the chain, with every process there is.
    @Suite struct MiningTests {
        @Test(
            "A miner finds blocks through two stratum servers on one port; every daemon accepts them, and the pool shows it"
        )
        func minerToChain() async throws {
            try await withPool { pool in
                let port = try FreePort.pick()
                let servers = [
                    try await StratumProcess("stratum-1", in: pool, port: port),
                    try await StratumProcess("stratum-2", in: pool, port: port),
                ]
                let reporter = try ReporterProcess("reporter-1", in: pool)
                let (outcome, result) = try await mine(
                    at: servers[0].url, user: "somebody.rig", "--shares", "20", "--duration", "50", "--version-rolling")
                #expect(outcome.exit == .code(0), "\(outcome.errors)")
                #expect(result.accepted >= 20 && result.violations == 0, "\(outcome.errors)")
                // Each share at this difficulty meets the network's target.
                #expect(result.blocks == result.accepted)

                try await eventually(within: .seconds(20), "every daemon has the pool's blocks in its chain") {
                    try pool.chain.nodes.allSatisfy { try $0.call("getblockcount", as: Int.self) >= 3 }
                }
                let tip = try pool.chain.nodes[0].call("getbestblockhash", as: String.self)
                let coinbase = try pool.chain.nodes[0].call("getblock", "[\"\(tip)\", 2]", as: BlockText.self).tx[0]
                    .vin[0].coinbase
                #expect(coinbase.contains(hex("/Headframe/")))

                var blocks: [ListedBlock] = []
                // The verdict may be there before the server has written who found it.
                try await eventually(
                    within: .seconds(20), "the blocks are shown as accepted, with their finders: \(blocks)"
                ) {
                    blocks = try await pool.headframe("pool", "blocks", "--json").decoded()
                    return blocks.contains { $0.outcome == "accepted" && $0.hash == tip }
                        && blocks.allSatisfy { $0.worker == "somebody.rig" && $0.server?.hasPrefix("stratum-") == true }
                }
                var workers: [ListedWorker] = []
                try await eventually("the shares are written: \(workers)") {
                    workers = try await pool.headframe("pool", "workers", "--json").decoded()
                    // The miner ends with the share that it wanted, whatever else is on its way.
                    return workers.first.map { $0.accepted >= result.accepted } ?? false
                }
                #expect(workers.map(\.worker) == ["somebody.rig"])
                let shares: [ListedShares] = try await pool.headframe("pool", "shares", "--last", "10m", "--json")
                    .decoded()
                #expect(shares.reduce(0) { $0 + $1.accepted } >= result.accepted)
                // Every share solved a block: each round that has ended has its block's share, at least.
                let rounds: [ListedRound] = try await pool.headframe("pool", "rounds", "--json").decoded()
                #expect(rounds.contains { $0.hash == tip && $0.workers.map(\.worker) == ["somebody.rig"] })
                #expect(reporter.process.exit == nil)
            }
        }

        @Test("Miners of a stratum server that is killed go on at its sibling on the same port")
        func serverKilled() async throws {
            try await withPool(jobmanagers: 1) { pool in
                let port = try FreePort.pick()
                let servers = [
                    try await StratumProcess("stratum-1", in: pool, port: port),
                    try await StratumProcess("stratum-2", in: pool, port: port),
                ]
                let process = try ChildProcess.start(
                    Program.built("headframe"),
                    miner(at: servers[0].url, user: "me.rig", "--duration", "40", "--shares", "400"))
                var connections: [ListedConnection] = []
                try await eventually(within: .seconds(20), "the miner is shown with a share: \(connections)") {
                    connections = try await pool.headframe("pool", "connections", "--json").decoded()
                    return connections.contains { $0.accepted > 0 }
                }
                let first = try #require(connections.first)
                let victim = try #require(servers.first { $0.process.commandLine.contains(first.server) })
                try await victim.process.kill()
                try await eventually(within: .seconds(20), "the miner is at the other server: \(connections)") {
                    connections = try await pool.headframe("pool", "connections", "--json").decoded()
                    return connections.contains { $0.server != first.server && $0.accepted > 0 }
                }
                #expect(connections.allSatisfy { $0.extranonce1 != first.extranonce1 || $0.server == first.server })
                process.signal(SIGTERM)
                let outcome = try await outcome(of: process)
                #expect(outcome.exit == .code(0), "\(outcome.errors)")
                #expect(try outcome.decoded(as: MinerResult.self).connections >= 2)
            }
        }
    }

    /// HAProxy in front of the stratum server.
    @Suite struct ProxyTests {
        private static let proxy = "127.0.0.9"

        @Test("Behind HAProxy the miner's own address is shown, with the proxy's id of the connection")
        func realAddress() async throws {
            try await withPool(jobmanagers: 1) { pool in
                let server = try await StratumProcess(
                    "stratum-1", in: pool, port: try FreePort.pick(), ["--proxies", Self.proxy])
                let proxy = try HAProxy(to: server.port, from: Self.proxy)
                let process = try ChildProcess.start(
                    Program.built("headframe"),
                    miner(at: proxy.url, user: "me.rig", "--duration", "50", "--shares", "1000"))
                var connections: [ListedConnection] = []
                try await eventually(within: .seconds(20), "the miner is shown: \(connections)") {
                    connections = try await pool.headframe("pool", "connections", "--json").decoded()
                    return connections.contains { $0.worker == "me.rig" && $0.accepted > 0 }
                }
                #expect(connections.map(\.address) == ["127.0.0.1"])
                #expect(connections.first?.proxyID?.isEmpty == false)
                process.signal(SIGTERM)
                let outcome = try await outcome(of: process)
                #expect(outcome.exit == .code(0), "\(outcome.errors)")
            }
        }

        @Test("A PROXY header from an address that is not a proxy's is refused, of HAProxy and of anybody else")
        func untrusted() async throws {
            try await withPool(jobmanagers: 1) { pool in
                let server = try await StratumProcess(
                    "stratum-1", in: pool, port: try FreePort.pick(), ["--proxies", Self.proxy])
                let stranger = try HAProxy(to: server.port, from: "127.0.0.10")
                let process = try ChildProcess.start(
                    Program.built("headframe"), miner(at: stranger.url, user: "me.rig", "--duration", "4"))
                let outcome = try await outcome(of: process)
                #expect(outcome.exit == .code(2), "\(outcome.errors)")
                #expect(try outcome.decoded(as: MinerResult.self).connections > 0)
                let answer = try? LoopbackConnection.exchangeUntilClosed(
                    port: server.port,
                    request: "PROXY TCP4 192.0.2.1 192.0.2.2 1000 3333\r\n"
                        + #"{"id":1,"method":"mining.subscribe","params":[]}"# + "\n")
                // The connection is reset or closed before anything is answered.
                #expect((answer ?? "").isEmpty)
                let connections: [ListedConnection] = try await pool.headframe("pool", "connections", "--json")
                    .decoded()
                #expect(connections.isEmpty)
                // Without a header the same address is a miner like any other.
                let (direct, result) = try await mine(
                    at: server.url, user: "me.rig", "--shares", "1", "--duration", "30")
                #expect(direct.exit == .code(0) && result.accepted > 0, "\(direct.errors)")
            }
        }
    }
}

private struct ListedRound: Decodable {
    struct Worker: Decodable {
        var worker: String
        var weight: String
    }

    var hash: String?
    var workers: [Worker]
}

private struct ListedBlock: Decodable {
    var height: Int
    var hash: String
    var outcome: String
    var worker: String?
    var server: String?
}

private struct ListedWorker: Decodable {
    var worker: String
    var accepted: Int
}

private struct ListedShares: Decodable {
    var accepted: Int
}

private struct ListedConnection: Decodable {
    var server: String
    var address: String
    var worker: String?
    var proxyID: String?
    var extranonce1: String
    var accepted: Int
}

private struct BlockText: Decodable {
    struct Transaction: Decodable { var vin: [Input] }
    struct Input: Decodable { var coinbase: String }
    var tx: [Transaction]
}

private func hex(_ text: String) -> String { text.utf8.map { String(format: "%02x", $0) }.joined() }
