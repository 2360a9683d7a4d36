internal import Synchronization

/// Wakes one loop; rings that come together count once.
final class Bell: Sendable {
    private let listener = Mutex<AsyncStream<Void>.Continuation?>(nil)

    func ring() { listener.withLock { _ = $0?.yield() } }

    /// The rings from now on, the first at once; they end when the task of the listener is cancelled. The last to listen hears them.
    func rings() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        listener.withLock { $0 = continuation }
        return stream
    }
}
