/// What a handler may know of the request that it answers.
public struct CallContext: Sendable {
    /// The method that was called.
    public let method: String
    /// How long the caller still waited when the request came; nil without a deadline.
    public let remaining: Duration?
    /// 1 for the first try of the call, 2 for the second.
    public let attempt: Int
    /// Names the effect of the call, where the caller gave it a name.
    public let idempotencyKey: String?
    /// Where the call belongs in a trace; calls that the handler makes become part of it.
    public let trace: TraceContext?

    init(_ invocation: ServerEngine.Invocation) {
        method = invocation.method
        remaining = invocation.header.remainingMilliseconds.map { .milliseconds($0) }
        attempt = invocation.header.attempt ?? 1
        idempotencyKey = invocation.header.idempotencyKey
        trace = invocation.header.traceparent.flatMap { TraceContext(traceparent: $0) }
    }
}
