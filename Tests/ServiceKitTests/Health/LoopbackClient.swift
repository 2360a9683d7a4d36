internal import Foundation
internal import TestSupport

/// One TCP connection to 127.0.0.1, for requests as raw as a test wants them. It never blocks a thread.
final class LoopbackClient {
    private let descriptor: Int32
    private var received: [UInt8] = []
    private var hasEnded = false

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            throw TestSupportError("connect to 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    func get(_ path: String) { send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n") }

    /// Everything that has come so far.
    var text: String {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                received += buffer[..<count]
            } else {
                if count == 0 || errno == ECONNRESET { hasEnded = true }
                return String(decoding: received, as: UTF8.self)
            }
        }
    }

    /// Whether the other side has closed.
    var isClosed: Bool {
        _ = text
        return hasEnded
    }

    /// Waits until one whole answer has come, and takes it.
    func answer() async throws -> (status: Int, headers: String, body: String) {
        var answer: (Int, String, String)?
        try await eventually("a whole answer; so far: \(text)") {
            guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
            let headers = text[..<end.lowerBound].lowercased()
            let length = headers.firstMatch(of: /content-length: *(\d+)/).flatMap { Int($0.1) } ?? 0
            let body = text[end.upperBound...]
            guard body.utf8.count >= length, let status = Int(headers.dropFirst(9).prefix(3)) else { return false }
            answer = (status, headers, String(body))
            return true
        }
        received = []
        return answer!
    }
}
