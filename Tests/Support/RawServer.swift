internal import Foundation
internal import Synchronization

/// A TCP server on 127.0.0.1 that misbehaves as a test wants: it reads what comes first on a connection and answers with fixed bytes.
public final class RawServer: Sendable {
    /// What it does with a connection.
    public enum Behaviour: Sendable {
        /// Reads and never answers.
        case hang
        /// Answers with these bytes and closes.
        case answer(String)
        /// Answers with these bytes and leaves the connection open.
        case answerThenHang(String)
        /// Closes as soon as something came.
        case close
    }

    /// The port that it listens on.
    public let port: Int

    private let listener: Int32
    private let state: SharedState

    private final class SharedState: Sendable {
        let behaviour: Mutex<Behaviour>
        let connections = Mutex<(open: [Int32], count: Int, stopped: Bool)>(([], 0, false))

        init(_ behaviour: Behaviour) {
            self.behaviour = Mutex(behaviour)
        }
    }

    /// Starts listening.
    public init(_ behaviour: Behaviour) throws {
        state = SharedState(behaviour)
        (listener, port) = try Self.listen()
        let thread = Thread { [listener, state] in Self.serve(listener, state) }
        thread.name = "raw-server-\(port)"
        thread.start()
    }

    deinit {
        // Wakes the threads, which then close their descriptors: a number closed here could be another's by their next use.
        state.connections.withLock { connections in
            connections.stopped = true
            connections.open.forEach { shutdown($0, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Listens on a free port; tries another one when somebody else took it meanwhile.
    private static func listen() throws -> (descriptor: Int32, port: Int) {
        var problem = ""
        for _ in 0..<10 {
            let port = try FreePort.pick()
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in(loopbackPort: port)
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if bound == 0, Foundation.listen(descriptor, 64) == 0 { return (descriptor, port) }
            problem = "listen on 127.0.0.1:\(port): \(String(cString: strerror(errno)))"
            close(descriptor)
        }
        throw TestSupportError(problem)
    }

    /// How many connections came so far.
    public var connectionCount: Int { state.connections.withLock { $0.count } }

    /// What it does with the connections that come from now on.
    public func behave(_ behaviour: Behaviour) {
        state.behaviour.withLock { $0 = behaviour }
    }

    private static func serve(_ listener: Int32, _ state: SharedState) {
        defer { close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else {
                if errno == EINTR { continue }
                return
            }
            let isStopped = state.connections.withLock { connections in
                connections.count += 1
                if !connections.stopped { connections.open.append(connection) }
                return connections.stopped
            }
            if isStopped {
                close(connection)
                return
            }
            let behaviour = state.behaviour.withLock { $0 }
            let thread = Thread { Self.handle(connection, behaviour, state) }
            thread.start()
        }
    }

    private static func handle(_ connection: Int32, _ behaviour: Behaviour, _ state: SharedState) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        defer { release(connection, state) }
        guard recv(connection, &buffer, buffer.count, 0) > 0 else { return }
        switch behaviour {
        case .hang: break
        case .close: return
        case .answer(let text): return write(text, to: connection)
        case .answerThenHang(let text): write(text, to: connection)
        }
        while recv(connection, &buffer, buffer.count, 0) > 0 {}
    }

    private static func write(_ text: String, to connection: Int32) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    private static func release(_ connection: Int32, _ state: SharedState) {
        state.connections.withLock { connections in
            guard let index = connections.open.firstIndex(of: connection) else { return }
            connections.open.remove(at: index)
            close(connection)
        }
    }
}

extension RawServer {
    /// The text of an HTTP answer with a body.
    public static func http(_ status: String = "200 OK", body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
