internal import Foundation
internal import Synchronization

/// A Redis server of the test's own: its own port on 127.0.0.1, its own data folder, killed when the last reference goes.
public final class RedisServer: TestServer {
    /// How long it may take to end in an orderly way, saving what its configuration asks for.
    public static let shutdownDeadline = Duration.seconds(10)

    /// The TCP port on 127.0.0.1; the same after a restart.
    public let port: Int
    /// The folder of its data; what it wrote there is found again after a restart.
    public let folder: TemporaryFolder

    private let arguments: [String]
    private let process: Mutex<ChildProcess>

    /// Its URL: `redis://127.0.0.1:<port>`.
    public var url: String { "redis://127.0.0.1:\(port)" }
    /// The path of its unix socket, which it serves beside the port.
    public var socketPath: String { folder.path + "/redis.sock" }
    /// The process that runs now, or ran last.
    public var currentProcess: ChildProcess { process.withLock { $0 } }

    /// Starts a server and waits until it answers PING.
    ///
    /// - Parameter arguments: redis-server options such as `["--appendonly", "yes"]`; without any it keeps nothing on disk.
    public static func start(arguments: [String] = []) async throws -> RedisServer {
        var lastError: any Error = TestSupportError("unreachable")
        for _ in 0..<5 {
            do {
                let server = try RedisServer(port: try FreePort.pick(), arguments: arguments)
                try await server.waitUntilReady()
                return server
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    private init(port: Int, arguments: [String]) throws {
        self.port = port
        self.arguments = arguments
        folder = try TemporaryFolder("redis")
        process = Mutex(try Self.launch(port: port, folder: folder.path, arguments: arguments))
    }

    /// Starts it again on the same port and folder, after ending it where it still runs, and waits until it answers.
    public func restart() async throws {
        if currentProcess.exit == nil { try await shutdown() }
        let next = try Self.launch(port: port, folder: folder.path, arguments: arguments)
        process.withLock { $0 = next }
        try await waitUntilReady()
    }

    /// Sends one command of plain words over a connection of its own and returns the raw reply.
    ///
    /// `command("PING")` is `+PONG\r\n`.
    @discardableResult
    public func command(_ words: String...) throws -> String {
        let request = "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
        return try LoopbackConnection.exchange(port: port, request: request)
    }

    private func waitUntilReady() async throws {
        try await eventually(within: .seconds(10), "redis-server answers on port \(port)") {
            if let exit = currentProcess.exit {
                throw TestSupportError(
                    "redis-server on port \(port) ended (\(exit)): \(currentProcess.standardOutput.suffix(500))")
            }
            // A server that asks for a password is up as well.
            guard let reply = try? command("PING") else { return false }
            return reply.hasPrefix("+PONG") || reply.hasPrefix("-NOAUTH")
        }
    }

    private static func launch(port: Int, folder: String, arguments: [String]) throws -> ChildProcess {
        let base = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder, "--unixsocket", folder + "/redis.sock",
            "--save", "", "--appendonly", "no", "--daemonize", "no",
        ]
        return try ChildProcess.start("/usr/bin/redis-server", base + arguments, workingDirectory: folder)
    }
}
