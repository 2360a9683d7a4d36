internal import Synchronization

/// How a connection is doing.
public enum RedisStatus: Sendable, Hashable {
    /// It has not been connected yet, and nothing has failed.
    case connecting
    /// It answers commands.
    case connected(RedisAddress)
    /// It is gone, and the client is trying again. The error says why.
    case disconnected(RedisError)
    /// The client has ended.
    case closed

    /// Whether commands are answered.
    public var isConnected: Bool { if case .connected = self { true } else { false } }
}

/// Holds the latest status for whoever asks, and tells the changes to whoever listens.
final class RedisStatusBoard: Sendable {
    private struct State {
        var current = RedisStatus.connecting
        var listeners: [Int: AsyncStream<RedisStatus>.Continuation] = [:]
        var nextListener = 0
    }

    private let state = Mutex(State())

    /// How many changes a slow listener may lag behind before it misses the oldest; the latest always comes.
    private static let listenerBuffer = 16

    var current: RedisStatus { state.withLock { $0.current } }

    func publish(_ status: RedisStatus) {
        let listeners = state.withLock { state -> [AsyncStream<RedisStatus>.Continuation] in
            guard state.current != status else { return [] }
            state.current = status
            return Array(state.listeners.values)
        }
        for listener in listeners {
            listener.yield(status)
            if status == .closed { listener.finish() }
        }
    }

    /// The status now and every change of it, until the client ends.
    func changes() -> AsyncStream<RedisStatus> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: RedisStatus.self, bufferingPolicy: .bufferingNewest(Self.listenerBuffer))
        let (key, current) = state.withLock { state in
            let key = state.nextListener
            state.nextListener += 1
            state.listeners[key] = continuation
            return (key, state.current)
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.listeners[key] = nil }
        }
        continuation.yield(current)
        if current == .closed { continuation.finish() }
        return stream
    }
}
