internal import Foundation
internal import Synchronization
internal import TestSupport

/// A program that is started again when it ends, as a process supervisor does it.
final class SupervisedProcess: Sendable {
    /// The instance's name.
    let name: String

    private struct State {
        var lives: [ChildProcess] = []
        var isKept = true
    }

    private let program: String
    private let arguments: [String]
    private let environment: [String: String]
    private let state = Mutex(State())

    /// How long after an end the next life begins; supervisord looks once a second.
    private static let restartPause = Duration.milliseconds(700)

    init(_ name: String, _ program: String, _ arguments: [String], environment: [String: String]) {
        self.name = name
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }

    /// Every process that there was, the present one last.
    var lives: [ChildProcess] { state.withLock { $0.lives } }

    /// The process that runs now, or ran last.
    ///
    /// - Throws: Before the first start.
    func current() throws -> ChildProcess {
        guard let life = lives.last else { throw TestSupportError("\(name) was not started yet") }
        return life
    }

    /// Leaves it ended when it ends from now on.
    func doNotRestart() { state.withLock { $0.isKept = false } }

    /// Keeps it running until the task is cancelled; then kills it.
    func run() async throws {
        repeat {
            let life = try ChildProcess.start(program, arguments, environment: environment)
            state.withLock { $0.lives.append(life) }
            do {
                try await eventually(within: .seconds(3600), "the end of \(name)") { life.exit != nil }
                // The supervisor's pause.
                try await Task.sleep(for: Self.restartPause)
            } catch is CancellationError {
                life.signal(SIGKILL)
            }
        } while !Task.isCancelled && state.withLock { $0.isKept }
    }

    /// Shows what its lives said last, for a test that failed.
    func printLog() {
        for life in lives.suffix(5) {
            print("--- \(name), process \(life.pid) (\(life.exit.map { "\($0)" } ?? "running")):")
            print((life.errorLines + life.outputLines).suffix(60).joined(separator: "\n"))
        }
    }
}
