internal import Foundation
internal import TestSupport

/// A stratum server of a test's pool, killed with its last reference.
struct StratumProcess: Sendable {
    let process: ChildProcess
    /// Where miners connect on 127.0.0.1.
    let port: Int
    /// Where it keeps found blocks.
    let spool: TemporaryFolder

    var url: String { "stratum+tcp://127.0.0.1:\(port)" }

    /// Starts a server and waits until it listens.
    ///
    /// - Parameters:
    ///   - port: Several servers may have the same one.
    ///   - spool: Where it keeps found blocks; nil for a folder of its own.
    ///   - arguments: More flags.
    init(
        _ name: String, in pool: Pool, port: Int, spool kept: TemporaryFolder? = nil, _ arguments: [String] = []
    ) async throws {
        self.port = port
        spool = try kept ?? TemporaryFolder("spool")
        process = try ChildProcess.start(
            Program.built("stratum"),
            pool.place.arguments(name, ports: PortBlock.pick()) + [
                "--listen", "127.0.0.1:\(port)", "--spool", spool.path,
                // About 65 hashes a share.
                "--difficulty", "0.001",
            ] + arguments)
        try await process.waitForLine { $0.contains("listening for miners") }
    }
}

/// A reporter of a test's pool, killed with its last reference.
struct ReporterProcess: Sendable {
    let process: ChildProcess

    init(_ name: String, in pool: Pool) throws {
        process = try ChildProcess.start(
            Program.built("reporter"), pool.place.arguments(name, ports: PortBlock.pick()))
    }
}

/// What `headframe miner --json` prints.
struct MinerResult: Decodable {
    var accepted: Int
    var rejected: Int
    var blocks: Int
    var violations: Int
    var connections: Int
    var reasons: [String: Int]
}

/// The arguments of a miner.
func miner(at url: String, user: String, _ arguments: String...) -> [String] {
    ["miner", "--url", url, "--user", user, "--json"] + arguments
}

/// Runs a miner to its end.
func mine(at url: String, user: String, _ arguments: String...) async throws -> (CommandOutcome, MinerResult) {
    let process = try ChildProcess.start(
        Program.built("headframe"), ["miner", "--url", url, "--user", user, "--json"] + arguments)
    let outcome = try await outcome(of: process, deadline: .seconds(60))
    return (outcome, try outcome.decoded())
}
