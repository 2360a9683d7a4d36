internal import CZeroMQ

/// What happened to a connection or listener of a socket, as its monitor tells it.
///
/// It names the endpoint, never the routing id. On a socket that connects that is the endpoint that ``Socket/connect(to:)``
/// was given; on one that binds it is the local one, the same for all peers.
public struct MonitorEvent: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of event.
    public enum Kind: Sendable, Hashable {
        /// The connection stands; the handshake follows.
        case connected
        /// The connection could not be made at once and is being waited for.
        case connectDelayed
        /// The connection failed and is tried again after this time.
        case connectRetried(after: Duration)
        /// The endpoint is bound.
        case listening
        /// The endpoint could not be bound.
        case bindFailed(errorName: String)
        /// A peer has connected; the handshake follows.
        case accepted
        /// A peer could not be accepted, mostly for want of descriptors.
        case acceptFailed(errorName: String)
        /// A listener or an attempt to connect was closed.
        case closed
        /// A listener could not be closed.
        case closeFailed(errorName: String)
        /// The connection broke, or heartbeats found the peer gone.
        case disconnected
        /// Messages can flow.
        case handshakeSucceeded
        /// The peer does not speak ZMTP, is not allowed, or went away too early.
        case handshakeFailed(HandshakeFailure)
        /// The last event.
        case monitorStopped
        /// An event of a newer libzmq.
        case unknown(UInt16)
    }

    /// Why a handshake failed.
    public enum HandshakeFailure: Sendable, Hashable {
        /// The connection broke or timed out on the way.
        case noDetail(errorName: String)
        /// The peer's bytes are not ZMTP, or not the expected ones: `ZMQ_PROTOCOL_ERROR_...`.
        case protocolViolation(code: Int32)
        /// The ZAP handler refused with this status (300, 400 or 500).
        case authentication(status: Int32)
    }

    /// What happened.
    public let kind: Kind
    /// To which connection or listener.
    public let endpoint: String
    /// The number that came with it: the descriptor where the kind has no value of its own.
    public let value: Int32

    /// For a log line.
    public var description: String { "\(kind) \(endpoint)" }

    init(rawEvent: UInt16, value: Int32, endpoint: String) {
        self.kind = Kind(rawEvent: rawEvent, value: value)
        self.endpoint = endpoint
        self.value = value
    }
}

extension MonitorEvent.Kind {
    fileprivate init(rawEvent: UInt16, value: Int32) {
        let errorName = { ErrorNumber(rawValue: value).name }
        self =
            switch Int32(rawEvent) {
            case ZMQ_EVENT_CONNECTED: .connected
            case ZMQ_EVENT_CONNECT_DELAYED: .connectDelayed
            case ZMQ_EVENT_CONNECT_RETRIED: .connectRetried(after: .milliseconds(Int(value)))
            case ZMQ_EVENT_LISTENING: .listening
            case ZMQ_EVENT_BIND_FAILED: .bindFailed(errorName: errorName())
            case ZMQ_EVENT_ACCEPTED: .accepted
            case ZMQ_EVENT_ACCEPT_FAILED: .acceptFailed(errorName: errorName())
            case ZMQ_EVENT_CLOSED: .closed
            case ZMQ_EVENT_CLOSE_FAILED: .closeFailed(errorName: errorName())
            case ZMQ_EVENT_DISCONNECTED: .disconnected
            case ZMQ_EVENT_MONITOR_STOPPED: .monitorStopped
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: .handshakeSucceeded
            case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: .handshakeFailed(.noDetail(errorName: errorName()))
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: .handshakeFailed(.protocolViolation(code: value))
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: .handshakeFailed(.authentication(status: value))
            default: .unknown(rawEvent)
            }
    }
}
