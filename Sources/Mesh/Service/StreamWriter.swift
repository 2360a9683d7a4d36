internal import MessagePack
internal import Synchronization

/// Where the handler of a stream writes its items.
public struct StreamWriter<Item: Encodable & Sendable>: Sendable {
    private let encoded: EncodedStreamWriter

    init(_ encoded: EncodedStreamWriter) { self.encoded = encoded }

    /// Sends an item; waits until the caller has room for it.
    ///
    /// - Throws: `CancellationError` when the caller has gone, a `MessagePackError` for an item that cannot be encoded, a
    ///   ``MeshError`` for one that is too large to be sent.
    public func write(_ item: Item) async throws {
        try await encoded.write(Payload(try MessagePackEncoder().encode(item)))
    }
}

/// Writes encoded items, one at a time.
final class EncodedStreamWriter: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Void, any Error>)
        case over
    }

    private let state = Mutex(State.idle)
    private let maximumBytes: Int
    private let send: @Sendable (Payload) -> Void

    init(maximumBytes: Int, send: @escaping @Sendable (Payload) -> Void) {
        self.maximumBytes = maximumBytes
        self.send = send
    }

    func write(_ item: Payload) async throws {
        guard item.count <= maximumBytes else { throw MeshError.itemTooLarge(item.count, maximumBytes) }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let mayWrite = state.withLock { state in
                guard case .idle = state else { return false }
                state = .waiting(continuation)
                return true
            }
            if mayWrite { send(item) } else { continuation.resume(throwing: CancellationError()) }
        }
    }

    /// The item has left.
    func resume() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = .idle
            return continuation
        }
        waiting?.resume()
    }

    /// The caller has gone.
    func end() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            defer { state = .over }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        waiting?.resume(throwing: CancellationError())
    }
}
