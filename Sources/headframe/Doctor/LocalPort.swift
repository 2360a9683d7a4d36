internal import Glibc

/// TCP as the doctor needs it: whether a port can be bound, and whether an endpoint can be connected to.
enum LocalPort {
    /// Whether nobody listens on the port of a local address.
    static func isFree(_ port: UInt16, on address: String) -> Bool {
        withAddresses(host: address, port: port, passive: true) { info in
            let descriptor = socket(info.ai_family, info.ai_socktype, info.ai_protocol)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            // Without it a connection that just ended would count as a listener.
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, info.ai_addr, info.ai_addrlen) == 0
        } ?? false
    }

    /// Why `host` does not accept a connection; nil when it does. Takes at most `milliseconds` for each of its addresses.
    static func refusal(host: String, port: UInt16, milliseconds: Int32) -> String? {
        var reason: String? = "the name \(host) cannot be resolved"
        withAddresses(host: host, port: port, passive: false) { info in
            reason = connectFailure(info, milliseconds: milliseconds)
            return reason == nil
        }
        return reason
    }

    private static func connectFailure(_ info: addrinfo, milliseconds: Int32) -> String? {
        let descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_NONBLOCK.rawValue), info.ai_protocol)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        if connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 { return nil }
        guard errno == EINPROGRESS else { return String(cString: strerror(errno)) }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, milliseconds) > 0 else { return "no answer within \(milliseconds) ms" }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
        return failure == 0 ? nil : String(cString: strerror(failure))
    }

    /// Tries the addresses of a host until `body` is content; its last answer, nil when there is no address.
    @discardableResult
    private static func withAddresses(
        host: String, port: UInt16, passive: Bool, _ body: (addrinfo) -> Bool
    ) -> Bool? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard getaddrinfo(bare, "\(port)", &hints, &list) == 0, let list else { return nil }
        defer { freeaddrinfo(list) }
        var answer: Bool?
        var next: UnsafeMutablePointer<addrinfo>? = list
        while let info = next {
            answer = body(info.pointee)
            if answer == true { break }
            next = info.pointee.ai_next
        }
        return answer
    }
}
