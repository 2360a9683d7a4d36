internal import Glibc
internal import Synchronization

/// Ports for servers that a test starts itself.
public enum FreePort {
    /// A TCP port on 127.0.0.1 that nobody listens on at this moment.
    ///
    /// No port is given twice in one process. Taken at random below the range that the system hands out to outgoing connections (32768 and up), so that a connection of
    /// another test cannot sit on it between this answer and the server's own bind. Two test processes may
    /// still draw the same one: whoever starts a server tries another port when it could not bind.
    public static func pick() throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 20000..<32000)
            if isFree(port), given.withLock({ $0.insert(port).inserted }) { return port }
        }
        throw TestSupportError("no free port on 127.0.0.1 after 200 tries between 20000 and 31999")
    }

    private static let given = Mutex<Set<Int>>([])

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in(loopbackPort: port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

extension sockaddr_in {
    /// 127.0.0.1 and the port.
    init(loopbackPort port: Int) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = in_port_t(port).bigEndian
        sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    }
}
