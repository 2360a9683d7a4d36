/// What a socket is made with. Every option is always set, because libzmq's own defaults are without limits.
public struct SocketOptions: Sendable {
    /// Under which name ROUTER peers know this socket: 1 to 255 bytes, not beginning with a zero byte; nil lets each peer choose one.
    public var routingID: [UInt8]?
    /// How long a closed socket goes on sending what it was given.
    public var linger = Duration.zero
    /// How many messages may wait per peer before a send would block.
    public var sendHighWaterMark = 10_000
    /// How many messages may wait per peer to be received before the connection is no longer read. PINGs are not read then
    /// either: a socket that stays full for the peer's ``heartbeatTimeout`` loses the connection and what was under way.
    public var receiveHighWaterMark = 10_000
    /// The largest frame accepted, in bytes; a peer that sends a larger one is disconnected.
    public var maximumMessageBytes = 32 * 1024 * 1024
    /// How many frames of a message are kept; see ``Multipart/droppedFrames``.
    public var maximumFrames = 16
    /// How long a connection may take for its handshake.
    public var handshakeInterval = Duration.seconds(2)
    /// How often a silent connection is tried with a ZMTP PING; zero for never.
    public var heartbeatInterval = Duration.milliseconds(200)
    /// How long after a PING silence means that the peer is gone.
    public var heartbeatTimeout = Duration.milliseconds(600)
    /// How long the peer waits for a sign of this side before it gives up, told in each PING; steps of 100 ms, below 6,553 s.
    public var heartbeatTimeToLive = Duration.milliseconds(600)
    /// How long to wait before the first attempt to connect again.
    public var reconnectInterval = Duration.milliseconds(50)
    /// The limit that the doubling of the wait goes to.
    public var maximumReconnectInterval = Duration.seconds(2)
    /// Messages are queued only for completed connections: a request for a peer that is down must not reach its successor.
    public var immediate = true
    /// A ROUTER says that a peer is unreachable or full instead of dropping the message silently. Of no effect on other kinds.
    public var routerMandatory = true
    /// After how long without acknowledgement the kernel gives a connection up (`ZMQ_TCP_MAXRT`).
    public var maximumTCPRetransmission = Duration.seconds(4)
    /// Whether the kernel probes silent connections, and how.
    public var tcpKeepalive: TCPKeepalive? = TCPKeepalive()
    /// Whether IPv6 addresses are used beside IPv4.
    public var ipv6 = true
    /// How many connections may wait to be accepted.
    public var backlog = 1024
    // CURVE: the place for the server's key pair, or the client's and the server's public key.

    /// How the kernel probes a silent TCP connection; whole seconds.
    public struct TCPKeepalive: Sendable {
        /// How long a connection is silent before the first probe.
        public var idle = Duration.seconds(15)
        /// The time between probes.
        public var interval = Duration.seconds(5)
        /// How many unanswered probes mean that the connection is gone.
        public var count = 3

        /// Makes the defaults.
        public init() {}
    }

    /// Makes the defaults of a mesh: a frozen peer is noticed after 0.8 s, nothing is unlimited, nothing is sent to a stranger.
    public init() {}
}
