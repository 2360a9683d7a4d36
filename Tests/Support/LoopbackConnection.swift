internal import Foundation

/// Blocking exchanges with a server on 127.0.0.1: for asking a server that a test started whether it is up, and little more.
public enum LoopbackConnection {
    /// Connects, sends `request` and returns what comes first (up to 64 KiB); gives up after two seconds of silence.
    static func exchange(port: Int, request: String) throws -> String {
        try withConnection(port: port, request: request) { descriptor in
            let first = try receive(descriptor, port)
            guard !first.isEmpty else {
                throw TestSupportError("127.0.0.1:\(port) closed the connection without an answer")
            }
            return String(decoding: first, as: UTF8.self)
        }
    }

    /// Connects, sends `request` and returns all that comes until the server closes; gives up after two seconds of silence.
    public static func exchangeUntilClosed(port: Int, request: String) throws -> String {
        try withConnection(port: port, request: request) { descriptor in
            var all: [UInt8] = []
            while true {
                let next = try receive(descriptor, port)
                if next.isEmpty { return String(decoding: all, as: UTF8.self) }
                all += next
            }
        }
    }

    private static func withConnection<Result>(
        port: Int, request: String, _ body: (Int32) throws -> Result
    ) throws -> Result {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestSupportError("socket: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in(loopbackPort: port)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            throw TestSupportError("connect to 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
        }
        let bytes = Array(request.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                throw TestSupportError("send to 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
            }
            sent += count
        }
        return try body(descriptor)
    }

    private static func receive(_ descriptor: Int32, _ port: Int) throws -> ArraySlice<UInt8> {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else {
            throw TestSupportError("127.0.0.1:\(port) gave no answer: \(String(cString: strerror(errno)))")
        }
        return buffer.prefix(count)
    }
}
