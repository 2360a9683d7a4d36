/// Where a call or a stream goes.
public enum Destination: Sendable, Hashable {
    /// To any ready instance of the service.
    case service(String)
    /// To this instance, whichever life of it is the present one.
    case instance(InstanceName)
    /// To whoever listens there, in the registry or not: a stock ZeroRPC server, say.
    case endpoint(String)

    var service: String? {
        switch self {
        case .service(let service): service
        case .instance(let name): name.service
        case .endpoint: nil
        }
    }
}

/// How a call is made.
public struct CallOptions: Sendable {
    /// How long the caller waits in all, retries included. It travels as what remains of it.
    public var timeout: Duration = .seconds(10)
    /// Whether the call may run twice, so that it is tried elsewhere after a connection broke.
    public var isIdempotent = false
    /// Whether to fail at once when no instance takes calls at the moment, instead of waiting for one.
    public var failsFast = false
    /// Names the effect of the call, for handlers that recognise a second try.
    public var idempotencyKey: String?
    /// The life of the instance that alone may run the call.
    public var expectedEpoch: Epoch?

    /// The defaults: ten seconds, once, waiting for an instance.
    public init(
        timeout: Duration = .seconds(10), isIdempotent: Bool = false, failsFast: Bool = false,
        idempotencyKey: String? = nil, expectedEpoch: Epoch? = nil
    ) {
        self.timeout = timeout
        self.isIdempotent = isIdempotent
        self.failsFast = failsFast
        self.idempotencyKey = idempotencyKey
        self.expectedEpoch = expectedEpoch
    }
}

/// A call or the opening of a stream, with its arguments encoded.
///
/// An object that never changes, because a request passes through many hands: one reference is all that each of them holds.
public final class CallRequest: Sendable {
    /// Where it goes.
    public let destination: Destination
    /// The method.
    public let method: String
    /// The encoded array of arguments.
    public let arguments: Payload
    /// How it is made.
    public let options: CallOptions
    /// Where it belongs in a trace.
    public let traceparent: String?

    /// Makes a request.
    public init(
        _ destination: Destination, _ method: String, arguments: Payload, options: CallOptions = CallOptions(),
        traceparent: String? = nil
    ) {
        self.destination = destination
        self.method = method
        self.arguments = arguments
        self.options = options
        self.traceparent = traceparent
    }

    /// The same request to somebody else.
    public func addressed(to destination: Destination) -> CallRequest {
        CallRequest(destination, method, arguments: arguments, options: options, traceparent: traceparent)
    }

    /// The same request with another time to wait.
    public func within(_ timeout: Duration) -> CallRequest {
        var options = options
        options.timeout = timeout
        return CallRequest(destination, method, arguments: arguments, options: options, traceparent: traceparent)
    }
}
