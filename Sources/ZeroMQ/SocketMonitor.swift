internal import CZeroMQ
internal import EventLoop
internal import Synchronization

/// The reading end of a socket's monitor: a PAIR on the same loop.
final class SocketMonitor {
    private static let nextIdentifier = Atomic<Int>(0)

    private let loop: EventLoop
    private let forget: () -> Void
    private let scratch = MessageScratch()
    private var pair: UnsafeMutableRawPointer?
    private var registration: Registration?
    private let watched: UnsafeMutableRawPointer

    /// Begins to watch `socket`; events wait until it is started.
    init(socket: Socket) throws(ZeroMQError) {
        loop = socket.loop
        watched = try socket.opened("monitoring")
        let name = "monitor of “\(socket.name)”"
        let endpoint = "inproc://headframe-monitor-\(Self.nextIdentifier.wrappingAdd(1, ordering: .relaxed).newValue)"
        let companion = try socket.companion(kind: ZMQ_PAIR, name: name)
        pair = companion.0
        forget = companion.forget
        // From here on deinit undoes what was done, or libzmq's I/O thread would wait for ever for a reader.
        try socket.check(zmq_socket_monitor(watched, endpoint, ZMQ_EVENT_ALL), "opening the", name)
        // No limit: at one, libzmq's I/O thread would block with a lock held that closing the socket needs.
        var unlimited: Int32 = 0
        let size = MemoryLayout<Int32>.size
        try socket.check(
            zmq_setsockopt(pair, ZMQ_RCVHWM, &unlimited, size), "setting receiveHighWaterMark=0 of the", name)
        try socket.check(zmq_connect(pair, endpoint), "connecting the", name)
    }

    deinit { abandon() }

    func start(name: String, batch: Int, handler: @escaping (MonitorEvent) -> Void, caughtUp: @escaping () -> Void) {
        registration = loop.register(socket: pair!, name: "monitor of “\(name)”") { _ in
            caughtUp()
            self.drain(batch: batch, handler: handler)
        }
    }

    func stop() {
        if let started = registration { loop.deregister(started) }
        registration = nil
        abandon()
    }

    /// Ends it without the loop, which must not be watching it any more.
    func abandon() {
        guard let open = pair else { return }
        pair = nil
        zmq_socket_monitor(watched, nil, 0)
        zmq_close(open)
        forget()
    }

    private func drain(batch: Int, handler: (MonitorEvent) -> Void) {
        var remaining = batch
        while remaining > 0, let event = receive() {
            handler(event)
            remaining -= 1
        }
    }

    /// Frame 1: 16 bits event, 32 bits value, host order, unaligned; frame 2: the endpoint (zmq_socket_monitor(3)).
    private func receive() -> MonitorEvent? {
        guard pair != nil, zmq_msg_recv(scratch.message, pair, ZMQ_DONTWAIT) == 6 else { return nil }
        let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(scratch.message), count: 6)
        let event = bytes.loadUnaligned(as: UInt16.self)
        let value = bytes.loadUnaligned(fromByteOffset: 2, as: Int32.self)
        guard zmq_msg_recv(scratch.message, pair, ZMQ_DONTWAIT) >= 0 else { return nil }
        let text = UnsafeRawBufferPointer(start: zmq_msg_data(scratch.message), count: zmq_msg_size(scratch.message))
        let endpoint = Endpoint.plain(String(decoding: text, as: UTF8.self))
        return MonitorEvent(rawEvent: event, value: value, endpoint: endpoint)
    }
}

extension Socket {
    /// Tells `handler`, on the loop's thread, what happens to the connections, until ``stopMonitor()`` or ``close()``.
    ///
    /// Start it before the first bind or connect, or events are missed. Before each batch of events the socket catches up with
    /// them, so that a send from the handler already meets the peers as the event describes them.
    ///
    /// - Parameters:
    ///   - batch: How many events are taken before the loop goes on to its other sockets.
    ///   - handler: Gets each event.
    public func startMonitor(batch: Int = 64, handler: @escaping (MonitorEvent) -> Void) throws(ZeroMQError) {
        stopMonitor()
        let started = try SocketMonitor(socket: self)
        monitor = started
        started.start(name: name, batch: batch, handler: handler) { _ = self.events }
    }

    /// Stops the monitor. Does nothing when none was started.
    public func stopMonitor() {
        monitor?.stop()
        monitor = nil
    }
}
