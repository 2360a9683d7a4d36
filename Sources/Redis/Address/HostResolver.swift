internal import Glibc

/// Turns host names into numeric addresses on a thread of their own, because a name server may take seconds and both the I/O loop
/// and Swift's pool have better things to do.
enum HostResolver {
    /// The address with a numeric host. Numeric addresses and socket paths come back as they are.
    static func resolve(_ address: RedisAddress) async throws(RedisError) -> RedisAddress {
        guard case .tcp(let host, let port) = address, !isNumeric(host) else { return address }
        let result: Result<String, RedisError> = await withCheckedContinuation { continuation in
            let lookup = Lookup(host: host, continuation: continuation)
            let retained = Unmanaged.passRetained(lookup)
            var thread = pthread_t()
            guard pthread_create(&thread, nil, runLookup, retained.toOpaque()) == 0 else {
                retained.release()
                continuation.resume(
                    returning: .failure(.unreachable(address, "the system has no thread left for its lookup")))
                return
            }
            pthread_detach(thread)
        }
        return .tcp(host: try result.get(), port: port)
    }

    private static func isNumeric(_ host: String) -> Bool {
        var storage = in6_addr()
        return inet_pton(AF_INET, host, &storage) == 1 || inet_pton(AF_INET6, host, &storage) == 1
    }
}

private final class Lookup {
    let host: String
    let continuation: CheckedContinuation<Result<String, RedisError>, Never>

    init(host: String, continuation: CheckedContinuation<Result<String, RedisError>, Never>) {
        self.host = host
        self.continuation = continuation
    }

    func run() -> Result<String, RedisError> {
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
    lookup.continuation.resume(returning: lookup.run())
    return nil
}
