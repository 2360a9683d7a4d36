internal import CZeroMQ
public import EventLoop

/// A socket of libzmq, confined to the thread of one ``EventLoop``: every use elsewhere stops the program.
///
/// Made on the loop, used on the loop, and ended there by ``close()``, before the loop ends. Nothing on it ever blocks.
public final class Socket {
    /// What a socket does with messages.
    public enum Kind: Sendable {
        /// Addresses each peer by its routing id.
        case router
        /// Spreads messages over its peers and receives from all of them.
        case dealer
        /// Exactly one peer.
        case pair
    }

    /// What it is called in errors and in reports of a stalled loop.
    public let name: String
    /// What it does with messages.
    public let kind: Kind

    let loop: EventLoop
    let options: SocketOptions
    let isRouter: Bool
    let scratch: MessageScratch
    var reception = Multipart()
    var registration: Registration?
    var monitor: SocketMonitor?

    private let context: Context
    private let identifier: Int
    private(set) var handle: UnsafeMutableRawPointer?

    /// Opens a socket and sets every option.
    ///
    /// - Throws: ``ZeroMQError`` when no socket is left, the context was shut down or an option is out of range.
    public init(
        _ kind: Kind, name: String, options: SocketOptions = SocketOptions(), context: Context, loop: EventLoop
    ) throws(ZeroMQError) {
        loop.preconditionCurrent()
        let opened = try context.open(kind: kind.rawKind, name: name)
        self.kind = kind
        self.name = name
        self.loop = loop
        self.options = options
        self.isRouter = kind == .router
        self.scratch = MessageScratch()
        self.context = context
        self.identifier = opened.identifier
        self.handle = opened.socket
        try apply(options)
    }

    deinit {
        // Reached open only without a registration: when making it failed, or when the loop has ended with it.
        monitor?.abandon()
        closeHandle()
    }

    /// Binds to an endpoint such as `tcp://127.0.0.1:*` and returns the one that was taken, such as `tcp://127.0.0.1:34567`.
    ///
    /// - Throws: ``ZeroMQError``, with ``ZeroMQError/Code/addressInUse`` when the next port is worth a try.
    public func bind(to endpoint: String) throws(ZeroMQError) -> String {
        try check(zmq_bind(try opened("binding"), endpoint), "binding", endpoint)
        return try lastEndpoint()
    }

    /// Starts to connect to an endpoint; connection and reconnection happen by themselves and show in the monitor.
    public func connect(to endpoint: String) throws(ZeroMQError) {
        try check(zmq_connect(try opened("connecting"), endpoint), "connecting to", endpoint)
    }

    /// Ends the connection to an endpoint and stops connecting to it. What was not sent yet lingers.
    public func disconnect(from endpoint: String) throws(ZeroMQError) {
        try check(zmq_disconnect(try opened("disconnecting"), endpoint), "disconnecting from", endpoint)
    }

    /// Stops listening on an endpoint that ``bind(to:)`` returned; accepted connections go on.
    public func unbind(from endpoint: String) throws(ZeroMQError) {
        try check(zmq_unbind(try opened("unbinding"), endpoint), "unbinding from", endpoint)
    }

    /// What can be done without blocking now. Reading it makes the socket catch up with what happened to its peers.
    public var events: Readiness {
        loop.preconditionCurrent()
        guard let handle else { return [] }
        var events: Int32 = 0
        var size = MemoryLayout<Int32>.size
        guard zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size) == 0 else { return .failed }
        return Readiness(rawValue: Int16(truncatingIfNeeded: events))
    }

    /// Whether it was closed.
    public var isClosed: Bool { handle == nil }

    /// Stops receiving and monitoring and closes; what was not sent yet lingers. A second call does nothing.
    public func close() {
        guard !isClosed else { return }
        stop()
        stopMonitor()
        closeHandle()
    }

    private func closeHandle() {
        guard let open = handle else { return }
        handle = nil
        zmq_close(open)
        context.forget(identifier)
    }

    private func lastEndpoint() throws(ZeroMQError) -> String {
        var buffer = [CChar](repeating: 0, count: 512)
        var size = buffer.count
        let status = zmq_getsockopt(try opened("reading"), ZMQ_LAST_ENDPOINT, &buffer, &size)
        try check(status, "reading", "the bound endpoint of “\(name)”")
        let endpoint = buffer.withUnsafeBytes { String(decoding: $0.prefix(max(size - 1, 0)), as: UTF8.self) }
        return Endpoint.plain(endpoint)
    }

    /// The open socket, on its loop's thread.
    @inline(__always)
    func opened(_ operation: StaticString) throws(ZeroMQError) -> UnsafeMutableRawPointer {
        loop.preconditionCurrent(operation)
        guard let handle else {
            throw ZeroMQError(
                code: .socketClosed, reason: "it is closed", operation: "\(operation)", subject: "socket “\(name)”")
        }
        return handle
    }

    func check(_ status: Int32, _ operation: String, _ subject: String) throws(ZeroMQError) {
        guard status == 0 else {
            throw ZeroMQError(operation: operation, subject: "\(subject) (socket “\(name)”)")
        }
    }

    /// Opens a socket of the same context for this one's own use.
    func companion(kind: Int32, name: String) throws(ZeroMQError) -> (UnsafeMutableRawPointer, forget: () -> Void) {
        let opened = try context.open(kind: kind, name: name)
        return (opened.socket, { [context] in context.forget(opened.identifier) })
    }
}

extension Socket.Kind {
    var rawKind: Int32 {
        switch self {
        case .router: ZMQ_ROUTER
        case .dealer: ZMQ_DEALER
        case .pair: ZMQ_PAIR
        }
    }
}
