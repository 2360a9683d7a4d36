internal import Mesh
internal import MessagePack

/// Calls a method, whatever it answers with, and gives each item to `receive`: one for a result, any number for a stream.
///
/// - Parameters:
///   - timeout: How long the first item may take; nil for as long as the other side gives signs of life. A stream that has begun
///     may take its time.
///   - receive: Gets the items in order.
/// - Throws: `MeshError`.
func answers(
    of request: CallRequest, at target: String, timeout: Duration?, _ session: MeshSession,
    _ receive: (MessagePackValue) async throws -> Void
) async throws {
    // The node bounds the wait for an instance; what a living peer takes for its first item is bounded here.
    let request = timeout.map { request.within($0) } ?? request
    let stream: MeshStream<MessagePackValue> = session.node.stream(request)
    let method = request.method
    let first = try await withDeadline(
        timeout.map { $0 + .milliseconds(100) },
        "\(method) of \(target) sent nothing in time; it may have run. Give it longer with --timeout",
        { try await stream.makeAsyncIterator().next() })
    guard let first else { return }
    try await receive(first)
    for try await item in stream { try await receive(item) }
}

/// Calls a method and gives the first thing that it answers; nil for a stream without items.
func firstAnswer(
    of request: CallRequest, at target: String, timeout: Duration, _ session: MeshSession
) async throws -> MessagePackValue? {
    var first: MessagePackValue?
    struct Enough: Error {}
    do {
        try await answers(of: request, at: target, timeout: timeout, session) { item in
            first = item
            throw Enough()
        }
    } catch is Enough {}
    return first
}
