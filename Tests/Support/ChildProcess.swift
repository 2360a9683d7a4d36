internal import Foundation
internal import Synchronization

/// A program that a test started: its output, its signals, its end.
///
/// It is killed when the last reference goes, and by the kernel when the test process itself dies.
public final class ChildProcess: Sendable {
    /// How a process ended.
    public enum Exit: Sendable, Hashable {
        /// It returned this code.
        case code(Int32)
        /// This signal ended it.
        case signal(Int32)
    }

    /// The process id.
    public let pid: Int32
    /// The program's path and arguments, for messages.
    public let commandLine: String

    private let folder: TemporaryFolder
    private let reaper: Reaper

    /// Starts `path` with `arguments`; standard output and error are captured, standard input is empty.
    ///
    /// - Parameters:
    ///   - environment: what is added to (or replaces in) the environment of the test process.
    ///   - workingDirectory: defaults to the process' own empty temporary folder.
    public static func start(
        _ path: String, _ arguments: [String] = [], environment: [String: String] = [:], workingDirectory: String? = nil
    ) throws -> ChildProcess {
        try ChildProcess(path, arguments, environment: environment, workingDirectory: workingDirectory)
    }

    private init(
        _ path: String, _ arguments: [String], environment: [String: String], workingDirectory: String?
    ) throws {
        folder = try TemporaryFolder("process")
        commandLine = ([path] + arguments).joined(separator: " ")
        let request = SpawnRequest(
            path: path, arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new },
            workingDirectory: workingDirectory ?? folder.path,
            outputFile: folder.path + "/stdout", errorFile: folder.path + "/stderr")
        pid = try Spawner.shared.spawn(request)
        reaper = Reaper(pid)
    }

    deinit {
        reaper.signal(SIGKILL)
        _ = reaper.waitBlocking(seconds: 5)
    }

    /// Nil while the process runs.
    public var exit: Exit? { reaper.exit }

    /// Sends a signal; does nothing when the process has ended.
    public func signal(_ number: Int32) {
        reaper.signal(number)
    }

    /// Waits for the end of the process.
    @discardableResult
    public func waitForExit(deadline: Duration = .seconds(10)) async throws -> Exit {
        try await eventually(within: deadline, "exit of process \(pid), \(commandLine); \(outputForMessages)") {
            exit != nil
        }
        return exit!
    }

    /// Asks the process to end (SIGTERM) and kills it when it has not within `deadline`.
    @discardableResult
    public func terminate(deadline: Duration = .seconds(10)) async throws -> Exit {
        signal(SIGTERM)
        signal(SIGCONT)
        do {
            return try await waitForExit(deadline: deadline)
        } catch is TestSupportError {
            return try await kill()
        }
    }

    /// Kills the process (SIGKILL) and waits for its end.
    @discardableResult
    public func kill() async throws -> Exit {
        signal(SIGKILL)
        return try await waitForExit()
    }

    /// What the process has written to standard output so far.
    public var standardOutput: String { read("stdout") }
    /// What the process has written to standard error so far.
    public var standardError: String { read("stderr") }
    /// The complete lines of standard output so far.
    public var outputLines: [String] { completeLines(standardOutput) }
    /// The complete lines of standard error so far.
    public var errorLines: [String] { completeLines(standardError) }

    /// Waits until a line of standard output or error satisfies `predicate` and returns it.
    @discardableResult
    public func waitForLine(
        within deadline: Duration = .seconds(10), where predicate: (String) -> Bool
    ) async throws -> String {
        var found: String?
        try await eventually(within: deadline, "a certain line from \(commandLine); \(outputForMessages)") {
            found = outputLines.first(where: predicate) ?? errorLines.first(where: predicate)
            if found == nil, let exit { throw TestSupportError("\(commandLine) ended (\(exit)); \(outputForMessages)") }
            return found != nil
        }
        return found!
    }

    private var outputForMessages: String {
        "output so far: \(standardOutput.suffix(1000)) \(standardError.suffix(1000))"
    }

    private func read(_ name: String) -> String {
        String(
            decoding: (try? Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name))) ?? Data(), as: UTF8.self)
    }

    private func completeLines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.removeLast()
        return lines
    }
}
