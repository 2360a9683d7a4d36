internal import Glibc

/// A UDP socket to the server. It is connected, so that the kernel says when nobody listens there.
struct StatsdSocket: ~Copyable {
    private let descriptor: Int32

    /// Looks up the host, which may take seconds, and opens a socket to its first address.
    init(_ target: StatsdTarget) throws(ServiceKitError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(target.host, "\(target.port)", &hints, &list)
        guard status == 0, let list else {
            throw ServiceKitError(
                .unreachable,
                "cannot look up the statsd server \(target): \(String(cString: gai_strerror(status))); "
                    + "check HEADFRAME_STATSD and the name server")
        }
        defer { freeaddrinfo(list) }
        // IPv4 first: a server on loopback often listens there alone, and “localhost” has both.
        let addresses = sequence(first: list) { $0.pointee.ai_next }
        let address = addresses.first { $0.pointee.ai_family == AF_INET } ?? list
        let descriptor = socket(address.pointee.ai_family, Int32(SOCK_DGRAM.rawValue) | Self.flags, 0)
        let isOpen =
            descriptor >= 0 && connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0
        let reason = String(cString: strerror(errno))
        if descriptor >= 0, !isOpen { close(descriptor) }
        guard isOpen else {
            throw ServiceKitError(
                .unreachable,
                "cannot open a UDP socket to the statsd server \(target): \(reason); check that this host has a route to it"
            )
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    /// What could not be sent, and why.
    struct Failure {
        var events = 0
        var reason = ""
    }

    /// Sends datagrams without waiting for anything; nil if all of them went out.
    func send(_ datagrams: [StatsdDatagram]) -> Failure? {
        var failure = Failure()
        for datagram in datagrams {
            let sent = datagram.bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent < 0 else { continue }
            failure.reason = String(cString: strerror(errno))
            failure.events += datagram.events
        }
        return failure.events > 0 ? failure : nil
    }
}
