/// Every bound of a mesh node, with what happens at it.
public struct Limits: Sendable {
    /// Calls that may be in flight to one instance; more go to a sibling, or wait, or fail with `overloaded`.
    public var callsInFlightPerInstance = 1024
    /// Calls that may wait for an instance of one service; more fail at once with `overloaded`.
    public var callsWaitingPerService = 1024
    /// Calls that a service runs at once; more are refused with `Overloaded`, which callers take elsewhere.
    public var callsRunning = 4096
    /// Streams that a service serves at once; more are refused with `Overloaded`.
    public var streamsServed = 1024
    /// Items that a stream's receiver lets the sender have under way; the sender waits (streams) or conflates (publications).
    public var streamWindow = 100
    /// Positions of a publication kept for those who come back, and items waiting for a slow subscriber; the oldest goes first.
    public var publicationHistory = 16
    /// Deliveries that wait for a slow consumer of a subscription; at the bound no more credit is granted and publishers conflate.
    public var subscriptionBuffer = 64
    /// The largest message that is sent or taken, in bytes. A block template with full blocks is below 9 MiB.
    public var messageBytes = 32 << 20
    /// The largest item of a stream or publication, in bytes: a message less what goes around it.
    public var itemBytes: Int { messageBytes - 16 * 1024 }
    /// How often a channel gives a sign of life; ZeroRPC's default, which both ends must share.
    public var heartbeat: Duration = .seconds(5)
    /// How often a connected mesh peer is asked for a sign of life of its handlers.
    public var pingInterval: Duration = .seconds(1)
    /// How long a peer may leave a ping unanswered before nothing new is sent to it.
    public var pingTimeout: Duration = .seconds(3)
    /// How long a dead peer is tried again while the registry cannot say whether it still exists.
    public var forgetUnlistedAfter: Duration = .seconds(600)
    /// Retries of idempotent calls as a share of the calls made; up to ten may gather.
    public var retryRatio = 0.1

    /// The defaults.
    public init() {}
}
