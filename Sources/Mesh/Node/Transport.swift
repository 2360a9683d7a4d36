/// The thread that a node lives on, as the node sees it.
///
/// Implementations: the I/O thread of `EventLoop` (`MeshZeroMQ`).
public protocol Reactor: AnyObject, Sendable {
    /// Monotonic time.
    var now: MeshInstant { get }
    /// What a task prefers to run on the thread itself, for handlers and callers that ask for it.
    var taskExecutor: any TaskExecutor { get }
    /// Makes a way to hand elements to the thread from anywhere; `receive` gets them there in batches, in order.
    func inbox<Element: Sendable>(
        receive: @escaping @Sendable ([Element]) -> Void
    ) -> @Sendable (Element) -> Void
    /// Calls `work` on the thread at that time or a little later. On the thread only.
    func wake(at time: MeshInstant, _ work: @escaping @Sendable () -> Void)
}

/// What became of something handed to a transport.
public enum SendOutcome: Sendable, Hashable {
    /// The transport took it. That proves nothing about its arrival.
    case taken
    /// There is no connection to that peer; it did not leave this process.
    case unroutable
    /// The peer takes less than it is sent; it did not leave this process.
    case congested
}

/// Moves bytes between nodes. Everything happens on the reactor's thread.
///
/// Implementations: ZeroMQ (`MeshZeroMQ`); the simulator (`MeshTestKit`) drives the engines without one.
public protocol Transport: AnyObject, Sendable {
    /// Where the delegate is told of what happens; set once, before anything else.
    func attach(_ delegate: any TransportDelegate)
    /// Listens under that name on a free port; gives the endpoint that others connect to.
    ///
    /// - Throws: When no port of the range is free.
    func bind(routingID: String) throws -> String
    /// Connects: with a routing id to that very peer, without one to whoever listens there. Reconnects by itself.
    func open(_ link: LinkID, endpoint: String, routingID: String?)
    /// Gives a connection up.
    func close(_ link: LinkID)
    /// Sends an event to the peer of a connection.
    func send(_ bytes: [UInt8], on link: LinkID) -> SendOutcome
    /// Sends an event back to whoever sent a request.
    func reply(_ bytes: [UInt8], to route: Route) -> SendOutcome
    /// Closes everything, letting what was taken leave for at most `linger`.
    func close(linger: Duration)
}

/// Who is told what happens on a transport, on the reactor's thread.
public protocol TransportDelegate: AnyObject {
    /// A connection came to be or broke.
    func link(_ link: LinkID, _ event: LinkEvent)
    /// A peer that this node connected to sent an event.
    func received(_ message: Payload, on link: LinkID)
    /// Somebody who connected to this node sent an event.
    func requested(_ message: Payload, from route: Route)
    /// Everything that was ready has been told; a good moment to send.
    func endOfBatch()
    /// A peer sent something that no event can be made of.
    func rejected(_ reason: String)
    /// Nothing came of an attempt to connect to `endpoint`, where somebody listens; the transport goes on trying.
    func refused(at endpoint: String, _ reason: String)
}
