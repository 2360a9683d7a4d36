internal import CZeroMQ
internal import Glibc
internal import Synchronization

/// The I/O threads of libzmq and the room for sockets; one per process is enough.
///
/// Every open ``Socket`` keeps its context alive, so the context ends after the last of them. The end waits for what the
/// sockets still had to send, at most their ``SocketOptions/linger``.
public final class Context: Sendable {
    /// What a context is made with.
    public struct Options: Sendable {
        /// How many threads move bytes. One carries about a gigabyte a second.
        public var ioThreads = 1
        /// How many sockets may be open at once, monitors included.
        public var maximumSockets = 4096

        /// Makes the defaults.
        public init() {}
    }

    private struct State {
        var handle: UInt
        var openSockets: [Int: String] = [:]
        var nextIdentifier = 0
    }

    private let state: Mutex<State>

    /// Makes a context whose I/O threads start with its first socket.
    ///
    /// - Throws: ``ZeroMQError`` when the process has no memory or descriptor left, or an option is out of range.
    public init(options: Options = Options()) throws(ZeroMQError) {
        guard let handle = zmq_ctx_new() else {
            throw ZeroMQError(operation: "making", subject: "a ZeroMQ context")
        }
        self.state = Mutex(State(handle: UInt(bitPattern: handle)))
        let settings: [(String, Int32, Int)] = [
            ("ioThreads", ZMQ_IO_THREADS, options.ioThreads),
            ("maximumSockets", ZMQ_MAX_SOCKETS, options.maximumSockets),
            ("ipv6", ZMQ_IPV6, 1),
            // Without it the end of a context waits for ever for sockets whose linger was never set.
            ("blocky", ZMQ_BLOCKY, 0),
        ]
        for (name, option, value) in settings where zmq_ctx_set(handle, option, Int32(clamping: value)) != 0 {
            throw ZeroMQError(operation: "setting", subject: "context option \(name)=\(value)", invalid: .invalidOption)
        }
    }

    /// Ends the context and waits until everything within the sockets' linger has been sent.
    ///
    /// Cannot hang: it refuses while a socket is open, and what is left is bounded by ``SocketOptions/linger``. The wait
    /// takes place on a thread of its own. A second call does nothing.
    ///
    /// - Throws: ``ZeroMQError`` with ``ZeroMQError/Code/socketsOpen`` and their names.
    public func shutdown() async throws(ZeroMQError) {
        let taken: Result<UInt, ZeroMQError> = state.withLock { state in
            guard state.openSockets.isEmpty else {
                let names = state.openSockets.values.sorted().joined(separator: ", ")
                return .failure(
                    ZeroMQError(
                        code: .socketsOpen, reason: "sockets are open: \(names)", operation: "shutting down",
                        subject: "the ZeroMQ context"))
            }
            defer { state.handle = 0 }
            return .success(state.handle)
        }
        let handle = try taken.get()
        guard handle != 0 else { return }
        await withCheckedContinuation { (ended: CheckedContinuation<Void, Never>) in
            Termination(handle: handle) { ended.resume() }.start()
        }
    }

    deinit {
        let handle = state.withLock { $0.handle }
        if handle != 0 { Termination(handle: handle) {}.run() }
    }

    /// Opens a socket of libzmq and remembers it by `name` until ``forget(_:)``.
    func open(kind: Int32, name: String) throws(ZeroMQError) -> (socket: UnsafeMutableRawPointer, identifier: Int) {
        let opened: (socket: UInt, identifier: Int)? = state.withLock { state in
            guard state.handle != 0, let socket = zmq_socket(UnsafeMutableRawPointer(bitPattern: state.handle), kind)
            else { return nil }
            state.nextIdentifier += 1
            state.openSockets[state.nextIdentifier] = name
            return (UInt(bitPattern: socket), state.nextIdentifier)
        }
        guard let opened, let socket = UnsafeMutableRawPointer(bitPattern: opened.socket) else {
            let number = state.withLock { $0.handle == 0 ? ErrorNumber.contextTerminated : .last }
            throw ZeroMQError(number, operation: "opening", subject: "socket “\(name)”", invalid: .exhausted)
        }
        return (socket, opened.identifier)
    }

    func forget(_ identifier: Int) {
        state.withLock { $0.openSockets[identifier] = nil }
    }
}

/// The end of a context, which blocks for as long as sockets linger.
private final class Termination: Sendable {
    private let handle: UInt
    private let ended: @Sendable () -> Void

    init(handle: UInt, ended: @escaping @Sendable () -> Void) {
        self.handle = handle
        self.ended = ended
    }

    func run() {
        while zmq_ctx_term(UnsafeMutableRawPointer(bitPattern: handle)) != 0, ErrorNumber.last == .interrupted {}
        ended()
    }

    /// Runs on a thread of its own, or here when the system has none left.
    func start() {
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        guard pthread_create(&thread, nil, runTermination, retained.toOpaque()) == 0 else {
            retained.takeRetainedValue().run()
            return
        }
        pthread_detach(thread)
    }
}

private func runTermination(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<Termination>.fromOpaque(context!).takeRetainedValue().run()
    return nil
}
