public import EventLoop
public import Logging
public import Mesh
public import ZeroMQ

/// Moves a node's bytes over ZeroMQ: one ROUTER that listens, one ROUTER that connects to mesh peers by their routing ids, and a
/// DEALER for each peer outside the registry.
///
/// On the loop's thread only; unchecked for that reason.
public final class ZeroMQTransport: Transport, @unchecked Sendable {
    /// Where it listens and what it bears.
    public struct Configuration: Sendable {
        /// The address that the listening socket is bound to.
        public var bindAddress = "127.0.0.1"
        /// The address that others are told to connect to; that of the socket where nil.
        public var advertisedAddress: String?
        /// The ports that may be taken.
        public var ports: ClosedRange<UInt16> = 17000...17999
        /// The largest message that is taken, in bytes.
        public var maximumMessageBytes = Limits().messageBytes

        /// Loopback, 17000-17999.
        public init() {}
    }

    let configuration: Configuration
    let context: Context
    let loop: EventLoop
    let logger: Logger
    weak var delegate: (any TransportDelegate)?

    private var server: Socket?
    private var mesh: Socket?
    var peers = PeerTable()
    private var dealers: [LinkID: Socket] = [:]
    private var endOfBatchIsDue = false

    /// Makes a transport that has no socket yet.
    public init(
        _ configuration: Configuration = .init(), context: Context, loop: EventLoop,
        logger: Logger = Logger(label: "headframe.transport")
    ) {
        self.configuration = configuration
        self.context = context
        self.loop = loop
        self.logger = logger
    }

    /// Tells `delegate` what happens from now on.
    public func attach(_ delegate: any TransportDelegate) { self.delegate = delegate }

    private func options(immediate: Bool = true) -> SocketOptions {
        var options = SocketOptions()
        options.maximumMessageBytes = configuration.maximumMessageBytes
        options.immediate = immediate
        options.maximumFrames = Route.maximumFrames + 2
        return options
    }

    // MARK: Listening

    /// Binds the listening socket to the first free port of the range, from a random start.
    ///
    /// - Throws: ``TransportError`` when none is free, `ZeroMQError` when the address cannot be bound at all.
    public func bind(routingID: String) throws -> String {
        var options = options()
        options.routingID = Array(routingID.utf8)
        options.linger = .milliseconds(500)
        let socket = try Socket(.router, name: "server", options: options, context: context, loop: loop)
        var random = SystemRandomNumberGenerator()
        for port in Self.fromRandomStart(configuration.ports, using: &random) {
            let address = "tcp://\(Self.bracketed(configuration.bindAddress)):\(port)"
            switch Result(catching: { () throws(ZeroMQError) in try socket.bind(to: address) }) {
            case .success(let bound):
                try listen(on: socket)
                return configuration.advertisedAddress.map { "tcp://\(Self.bracketed($0)):\(port)" } ?? bound
            case .failure(let error) where error.code == .addressInUse:
                continue
            case .failure(let error):
                socket.close()
                throw error
            }
        }
        socket.close()
        throw TransportError(
            message:
                "no port of \(configuration.ports.lowerBound)-\(configuration.ports.upperBound) on "
                + "\(configuration.bindAddress) is free; widen HEADFRAME_PORTS")
    }

    /// Every port once, beginning at a random one, so that services that start together seldom try the same.
    private static func fromRandomStart(
        _ ports: ClosedRange<UInt16>, using random: inout some RandomNumberGenerator
    ) -> [UInt16] {
        let start = UInt16.random(in: ports, using: &random)
        return Array(start...ports.upperBound) + Array(ports.lowerBound..<start)
    }

    private static func bracketed(_ address: String) -> String { address.contains(":") ? "[\(address)]" : address }

    private func listen(on socket: Socket) throws(ZeroMQError) {
        server = socket
        try socket.start { [weak self] message in
            self?.requested(message)
        } failed: { [weak self] error in
            self?.logger.critical("the listening socket failed: \(error)")
        }
    }

    private func requested(_ message: Multipart) {
        defer { tellEndOfBatch() }
        guard let envelope = Envelope(message), let path = envelope.path, path.hops.count < Route.maximumFrames else {
            delegate?.rejected(
                "a message that is no [route..., \"\", event] was dropped (\(message.frames.count) frames)")
            return
        }
        let route =
            path.hops.isEmpty
            ? path.peer.withBytes { Route(frame: $0) } : Route(frames: ([path.peer] + path.hops).map(\.bytes))
        delegate?.requested(Payload(envelope.payload), from: route)
    }

    /// Sends an event back to whoever sent a request.
    public func reply(_ bytes: [UInt8], to route: Route) -> SendOutcome {
        guard let server else { return .unroutable }
        let direct = route.withShortFrame { peer in
            bytes.withUnsafeBytes { payload in
                outcome(Result { () throws(ZeroMQError) in try server.send(payload, toPeer: peer) })
            }
        }
        if let direct { return direct }
        let frames = route.frames
        let path = RoutingPath(peer: Frame(frames[0]), hops: frames.dropFirst().map { Frame($0) })
        return outcome(Result { () throws(ZeroMQError) in try server.send(bytes, to: path) })
    }

    private func outcome(_ result: Result<SendResult, ZeroMQError>) -> SendOutcome {
        switch result {
        case .success(.sent): return .taken
        case .success(.wouldBlock): return .congested
        case .success(.unroutable): return .unroutable
        case .failure(let error):
            logger.error("sending failed: \(error)")
            return .unroutable
        }
    }

    // MARK: Connecting

    /// Connects to a peer; what comes of it is told by ``TransportDelegate/link(_:_:)``.
    public func open(_ link: LinkID, endpoint: String, routingID: String?) {
        do throws(ZeroMQError) {
            if let routingID {
                let isFirst = peers.add(link, endpoint: endpoint, routingID: Array(routingID.utf8))
                let socket = try meshSocket()
                if isFirst {
                    try socket.connect(to: endpoint)
                } else if peers.isConnected(endpoint) {
                    // Another life was connected to there: this one sees no handshake of its own, and its routing id decides.
                    tellConnected(link, at: endpoint)
                }
            } else {
                try openDealer(link, endpoint: endpoint)
            }
        } catch {
            peers.remove(link)
            logger.error("connecting to \(endpoint) failed: \(error)")
        }
    }

    private func meshSocket() throws(ZeroMQError) -> Socket {
        if let mesh { return mesh }
        let socket = try Socket(.router, name: "peers", options: options(), context: context, loop: loop)
        mesh = socket
        try socket.startMonitor { [weak self] event in
            guard let self else { return }
            if event.kind == .handshakeSucceeded { peers.setConnected(true, at: event.endpoint) }
            if event.kind == .disconnected { peers.setConnected(false, at: event.endpoint) }
            for link in peers.links(at: event.endpoint) { tell(link, event) }
        }
        try socket.start { [weak self] message in
            self?.received(message)
        } failed: { [weak self] error in
            self?.logger.critical("the socket to the peers failed: \(error)")
        }
        return socket
    }

    private func openDealer(_ link: LinkID, endpoint: String) throws(ZeroMQError) {
        let socket = try Socket(.dealer, name: "to \(endpoint)", options: options(), context: context, loop: loop)
        dealers[link] = socket
        try socket.startMonitor { [weak self] event in self?.tell(link, event) }
        try socket.start { [weak self] message in
            guard let self else { return }
            defer { tellEndOfBatch() }
            guard let envelope = Envelope(message) else { return self.rejectReply(endpoint) }
            delegate?.received(Payload(envelope.payload), on: link)
        } failed: { [weak self] error in
            self?.logger.critical("the socket to \(endpoint) failed: \(error)")
        }
        try socket.connect(to: endpoint)
    }

    private func tellConnected(_ link: LinkID, at endpoint: String) {
        loop.execute { [weak self] in
            // It may have broken since.
            guard let self, peers.isConnected(endpoint) else { return }
            delegate?.link(link, .connected)
            delegate?.endOfBatch()
        }
    }

    private func tell(_ link: LinkID, _ event: MonitorEvent) {
        switch event.kind {
        case .handshakeSucceeded: delegate?.link(link, .connected)
        case .disconnected: delegate?.link(link, .disconnected)
        case .handshakeFailed(let failure): delegate?.refused(at: event.endpoint, failure.words)
        default: return
        }
        tellEndOfBatch()
    }

    private func received(_ message: Multipart) {
        defer { tellEndOfBatch() }
        guard let envelope = Envelope(message), let path = envelope.path, path.hops.isEmpty else {
            return rejectReply("a peer")
        }
        guard let link = peers.link(routingID: path.peer) else { return }
        delegate?.received(Payload(envelope.payload), on: link)
    }

    private func rejectReply(_ sender: String) {
        delegate?.rejected("\(sender) sent a message that is no [\"\", event]")
    }

    /// Several messages of one turn of the loop are answered together.
    private func tellEndOfBatch() {
        guard !endOfBatchIsDue else { return }
        endOfBatchIsDue = true
        loop.execute { [weak self] in
            self?.endOfBatchIsDue = false
            self?.delegate?.endOfBatch()
        }
    }

    /// Sends an event to the peer of a connection.
    public func send(_ bytes: [UInt8], on link: LinkID) -> SendOutcome {
        if let mesh, let routingID = peers.routingID(of: link) {
            return outcome(Result { () throws(ZeroMQError) in try mesh.send(bytes, to: RoutingPath(peer: routingID)) })
        }
        guard let dealer = dealers[link] else { return .unroutable }
        return outcome(Result { () throws(ZeroMQError) in try dealer.send(bytes, to: nil) })
    }

    /// Gives a connection up.
    public func close(_ link: LinkID) {
        dealers.removeValue(forKey: link)?.close()
        guard let endpoint = peers.remove(link), let mesh else { return }
        do throws(ZeroMQError) {
            try mesh.disconnect(from: endpoint)
        } catch {
            logger.debug("disconnecting from \(endpoint): \(error)")
        }
    }

    /// Closes every socket.
    public func close(linger: Duration) {
        server?.close()
        mesh?.close()
        for dealer in dealers.values { dealer.close() }
        server = nil
        mesh = nil
        dealers = [:]
        peers = PeerTable()
    }
}

/// Why a transport cannot do what it is for.
public struct TransportError: Error, Sendable, CustomStringConvertible {
    /// What was tried, on what, and what to do about it.
    public let message: String

    /// The message.
    public var description: String { message }
}

extension Payload {
    fileprivate init(_ frame: Frame) { self.init(frame.unsafeBytes, ownedBy: frame.owner) }
}
