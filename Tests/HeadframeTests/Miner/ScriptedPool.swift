internal import Foundation
internal import MessagePack
internal import Synchronization
internal import TestSupport

@testable internal import headframe

/// A pool on 127.0.0.1 that says what a test wants it to say.
final class ScriptedPool: Sendable {
    /// What came on one of its connections, which are numbered from 0.
    struct Request: Sendable {
        let connection: Int
        let method: String
        let id: MessagePackValue
        let parameters: [MessagePackValue]

        func answer(_ result: String) -> String { #"{"id":\#(JSONText.compact(id)),"result":\#(result),"error":null}"# }
        func refusal(_ error: String) -> String { #"{"id":\#(JSONText.compact(id)),"result":null,"error":\#(error)}"# }
    }

    /// Lines to be sent; `close` ends the connection after them.
    struct Reply: Sendable, ExpressibleByArrayLiteral {
        var lines: [String]
        var closes = false

        init(arrayLiteral lines: String...) { self.lines = lines }
        init(_ lines: [String], closes: Bool = false) { (self.lines, self.closes) = (lines, closes) }
    }

    let port: Int
    private let listener: Int32
    private let script: @Sendable (Request) -> Reply
    private let log = Mutex<[Request]>([])
    private let open = Mutex<(descriptors: [Int32], count: Int, isStopped: Bool)>(([], 0, false))

    var url: String { "stratum+tcp://127.0.0.1:\(port)" }
    /// What came so far.
    var requests: [Request] { log.withLock { $0 } }

    init(_ script: @escaping @Sendable (Request) -> Reply) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = try FreePort.pick()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(listener, 16) == 0 else {
            throw TestSupportError("listen on 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
        }
        let thread = Thread { [weak self, listener] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                if let self { serve(connection) } else { close(connection) }
            }
            close(listener)
        }
        thread.start()
    }

    /// Ends the listener and every connection, once: their threads close the descriptors, whose numbers others then get.
    func stop() {
        open.withLock { open in
            guard !open.isStopped else { return }
            open.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            open.descriptors.forEach { shutdown($0, Int32(SHUT_RDWR)) }
        }
    }

    deinit { stop() }

    private func serve(_ connection: Int32) {
        let number = open.withLock { open in
            open.descriptors.append(connection)
            if open.isStopped { shutdown(connection, Int32(SHUT_RDWR)) }
            open.count += 1
            return open.count - 1
        }
        let thread = Thread { [weak self] in
            var (buffer, lines) = ([UInt8](repeating: 0, count: 4096), LineBuffer())
            while case let count = recv(connection, &buffer, buffer.count, 0), count > 0, let self {
                for line in (try? lines.append(buffer.prefix(count))) ?? [] {
                    if !self.handle(line, connection, number) { shutdown(connection, Int32(SHUT_RDWR)) }
                }
            }
            self?.open.withLock { $0.descriptors.removeAll { $0 == connection } }
            close(connection)
        }
        thread.start()
    }

    private func handle(_ line: [UInt8], _ connection: Int32, _ number: Int) -> Bool {
        guard let message = try? JSONDecoder().decode(MessagePackValue.self, from: Data(line)) else { return false }
        let request = Request(
            connection: number, method: message["method"]?.stringValue ?? "answer", id: message["id"] ?? .null,
            parameters: message["params"]?.arrayValue ?? [message["result"] ?? .null])
        log.withLock { $0.append(request) }
        let reply = script(request)
        let bytes = Array(reply.lines.map { $0 + "\n" }.joined().utf8)
        _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        return !reply.closes
    }
}
