internal import Glibc
internal import Synchronization

/// Turns host names into numeric addresses on a thread of their own, because a name server may take seconds and both the I/O loop
/// and Swift's pool have better things to do.
enum HostResolver {
    /// The address with a numeric host. Numeric addresses and socket paths come back as they are.
    static func resolve(_ address: RedisAddress) async throws(RedisError) -> RedisAddress {
        guard case .tcp(let host, let port) = address, !isNumeric(host) else { return address }
        let lookup = Lookup(host: host)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { lookup.start($0) }
        } onCancel: {
            lookup.finish(.failure(RedisError(code: .cancelled, message: "The lookup of \(host) was cancelled")))
        }
        return .tcp(host: try result.get(), port: port)
    }

    private static func isNumeric(_ host: String) -> Bool {
        var storage = in6_addr()
        return inet_pton(AF_INET, host, &storage) == 1 || inet_pton(AF_INET6, host, &storage) == 1
    }
}

/// One lookup: its thread may outlive the wait for it, which a cancellation ends.
private final class Lookup: Sendable {
    typealias Answer = Result<String, RedisError>

    private enum State {
        case idle
        case waiting(CheckedContinuation<Answer, Never>)
        case finished(Answer)
    }

    private let host: String
    private let state = Mutex(State.idle)

    init(host: String) { self.host = host }

    func start(_ continuation: CheckedContinuation<Answer, Never>) {
        let finished = state.withLock { state -> Answer? in
            if case .finished(let answer) = state { return answer }
            state = .waiting(continuation)
            return nil
        }
        if let finished { return continuation.resume(returning: finished) }
        let retained = Unmanaged.passRetained(self)
        var thread = pthread_t()
        if pthread_create(&thread, nil, runLookup, retained.toOpaque()) == 0 {
            pthread_detach(thread)
        } else {
            retained.release()
            finish(
                .failure(RedisError(code: .notConnected, message: "The system has no thread left to look up \(host)")))
        }
    }

    /// The first answer counts.
    func finish(_ answer: Answer) {
        let waiting = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            switch state {
            case .finished: return nil
            case .idle:
                state = .finished(answer)
                return nil
            case .waiting(let continuation):
                state = .finished(answer)
                return continuation
            }
        }
        waiting?.resume(returning: answer)
    }

    func resolve() -> Answer {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &found)
        guard status == 0, let found else {
            let words = String(cString: gai_strerror(status))
            return .failure(
                RedisError(
                    code: .notConnected,
                    message: "The host name “\(host)” has no address: \(words); check the URL and the name server"))
        }
        defer { freeaddrinfo(found) }
        // IPv4 first: a server on loopback often listens there alone, and “localhost” has both.
        var candidates: [UnsafeMutablePointer<addrinfo>] = []
        var next: UnsafeMutablePointer<addrinfo>? = found
        while let candidate = next {
            candidates.append(candidate)
            next = candidate.pointee.ai_next
        }
        let chosen = candidates.first { $0.pointee.ai_family == AF_INET } ?? found
        var numeric = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        getnameinfo(
            chosen.pointee.ai_addr, chosen.pointee.ai_addrlen, &numeric, socklen_t(numeric.count), nil, 0,
            NI_NUMERICHOST)
        return .success(numeric.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
    }
}

/// At file scope, because a closure literal has no stable C entry point inside `@main`.
private func runLookup(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let lookup = Unmanaged<Lookup>.fromOpaque(context!).takeRetainedValue()
    lookup.finish(lookup.resolve())
    return nil
}
