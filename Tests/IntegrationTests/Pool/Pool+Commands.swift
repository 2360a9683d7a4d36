internal import Foundation
internal import TestSupport

/// What a command printed, and how it ended.
struct CommandOutcome: Sendable {
    let exit: ChildProcess.Exit
    let output: String
    let errors: String

    /// The output as JSON.
    func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(output.utf8))
        } catch {
            throw TestSupportError("no \(Value.self): \(output.prefix(500)) \(errors.prefix(500)) (\(exit); \(error))")
        }
    }
}

/// An instance as `headframe services --json` shows it.
struct ListedService: Decodable {
    var service: String
    var instance: String
    var epoch: UInt64
    var state: String
    var endpoint: String
    var version: String
    var zone: String
    var uptimeSeconds: Double?
    var load: Double
    var heartbeatAgeSeconds: Double?
}

extension Pool {
    /// Starts `headframe` against this pool's Redis.
    func start(_ arguments: String...) throws -> ChildProcess { try start(arguments) }

    func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess.start(
            Program.built("headframe"), arguments + ["--redis", redis.url, "--namespace", namespace])
    }

    /// Runs `headframe` to its end.
    func headframe(_ arguments: String..., deadline: Duration = .seconds(20)) async throws -> CommandOutcome {
        try await outcome(of: start(arguments), deadline: deadline)
    }

    /// What is registered.
    func services() async throws -> [ListedService] { try await headframe("services", "--json").decoded() }
}

/// Waits for the end of a command.
func outcome(of process: ChildProcess, deadline: Duration = .seconds(20)) async throws -> CommandOutcome {
    let exit = try await process.waitForExit(deadline: deadline)
    return CommandOutcome(exit: exit, output: process.standardOutput, errors: process.standardError)
}
