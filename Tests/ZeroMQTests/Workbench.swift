internal import EventLoop
internal import Synchronization
internal import TestSupport
internal import ZeroMQ

/// The loop and the context of one test, both of which end with it.
struct Workbench: Sendable {
    let loop: EventLoop
    let context: Context

    /// Runs `body` on the loop's thread.
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { done in
            loop.execute { done.resume(with: Swift.Result { try body() }) }
        }
    }

    /// Opens a socket; it is closed by ``run(_:)``, if the test has not closed it.
    func open(
        _ kind: Socket.Kind, name: String, options: SocketOptions = SocketOptions(),
        _ prepare: @escaping @Sendable (Socket) throws -> Void = { _ in }
    ) async throws -> Confined {
        let opened = try await onLoop {
            let socket = try Socket(kind, name: name, options: options, context: context, loop: loop)
            return Confined(socket: socket, bench: self)
        }
        sockets.withLock { $0.append(opened) }
        try await opened.use(prepare)
        return opened
    }

    private let sockets = Sockets()

    /// Runs `body` with a loop and a context, closes its sockets and ends the context.
    static func run(_ body: (Workbench) async throws -> Void) async throws {
        try await EventLoop.withEventLoop { loop in
            let bench = Workbench(loop: loop, context: try Context())
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(bench)) } catch { outcome = .failure(error) }
            for socket in bench.sockets.withLock({ $0 }) { try await socket.use { $0.close() } }
            try await bench.context.shutdown()
            try outcome.get()
        }
    }

    private init(loop: EventLoop, context: Context) {
        self.loop = loop
        self.context = context
    }
}

private final class Sockets: Sendable {
    private let sockets = Mutex<[Confined]>([])
    func withLock<Result>(_ body: (inout sending [Confined]) -> sending Result) -> Result { sockets.withLock(body) }
}

/// A socket that a test may hold anywhere, because it is touched on its loop alone.
final class Confined: @unchecked Sendable {
    /// On the loop only.
    let socket: Socket
    private let bench: Workbench

    init(socket: Socket, bench: Workbench) {
        self.socket = socket
        self.bench = bench
    }

    @discardableResult
    func use<Result: Sendable>(_ body: @escaping @Sendable (Socket) throws -> Result) async throws -> Result {
        try await bench.onLoop { try body(self.socket) }
    }
}

/// What handlers on the loop have seen.
final class Seen<Value: Sendable>: Sendable {
    private let state = Mutex<[Value]>([])

    var values: [Value] { state.withLock { $0 } }
    var count: Int { state.withLock { $0.count } }

    func add(_ value: Value) { state.withLock { $0.append(value) } }
}

extension Socket {
    /// Keeps what arrives in `seen`, as text.
    func collect(in seen: Seen<String>) throws {
        try start(
            receive: { message in seen.add(message.frames.map(\.text).joined(separator: "|")) },
            failed: { seen.add("\($0)") })
    }

    /// Keeps what the monitor tells in `seen`.
    func collectEvents(in seen: Seen<MonitorEvent>) throws {
        try startMonitor { seen.add($0) }
    }
}

extension Frame {
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
