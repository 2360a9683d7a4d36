/// The header of an event: ZeroRPC's keys, and those of a mesh, which ZeroRPC peers ignore.
public struct EventHeader: Sendable, Hashable {
    /// What names this event.
    public var messageID: MessageID
    /// Of an event within a channel: the identifier of the event that opened it.
    public var responseTo: MessageID?
    /// Of a request: how long its caller still waits, in milliseconds.
    public var remainingMilliseconds: Int64?
    /// Of a request: where it belongs in a trace (W3C Trace Context, `traceparent`).
    public var traceparent: String?
    /// Of a request: the only life of the instance that may run it.
    public var expectedEpoch: Epoch?
    /// Of a request: 1 for the first try, 2 for the second.
    public var attempt: Int?
    /// Of a request: names its effect, so that a second try of it can be recognised.
    public var idempotencyKey: String?
    /// Of a reply: which life of the instance gave it.
    public var epoch: Epoch?
    /// Of a reply: how busy the instance is, 0 to 1.
    public var load: Double?

    /// A header with nothing but its name and its channel.
    public init(messageID: MessageID, responseTo: MessageID? = nil) {
        self.messageID = messageID
        self.responseTo = responseTo
    }

    /// The version of ZeroRPC's wire format that is spoken.
    static let version = 3
}
