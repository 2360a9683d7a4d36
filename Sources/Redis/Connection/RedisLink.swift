internal import CHiredis
internal import EventLoop
internal import Glibc

/// One socket to a server: bytes out, parsed replies in. Confined to the I/O thread.
///
/// hiredis connects and parses. Its async layer is not used: it aborts the process on a reply that nobody asked for
/// (`assert` in redisProcessCallbacks), dies of SIGPIPE, and calls back while it still holds what the callback wants to close.
final class RedisLink {
    enum Event {
        case connected
        case received([RedisValue])
        case lost(reason: String)
    }

    private let loop: EventLoop
    private let replyLimit: Int
    private let handler: (Event) -> Void
    private var context: UnsafeMutablePointer<redisContext>?
    private var registration: Registration?
    private var isConnected = false
    private var output: [UInt8] = []
    private var outputStart = 0
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    /// How often one turn reads, so that one busy server leaves time for the other sockets.
    private static let readsPerTurn = 8

    /// Begins to connect; `handler` hears how it goes. Call ``open(_:)`` next.
    init(loop: EventLoop, replyLimit: Int, handler: @escaping (Event) -> Void) {
        self.loop = loop
        self.replyLimit = replyLimit
        self.handler = handler
    }

    deinit {
        // close() has run: the loop's table would otherwise still hold this object.
        input.deallocate()
    }

    /// Begins to connect to a numeric address or a path. Returns why that is impossible, if it is.
    func open(_ address: RedisAddress) -> String? {
        let opened: UnsafeMutablePointer<redisContext>? =
            switch address {
            case .tcp(let host, let port): redisConnectNonBlock(host, Int32(port))
            case .unix(let path): redisConnectUnixNonBlock(path)
            }
        guard let opened else { return "the system has no memory left" }
        guard opened.pointee.err == 0 else {
            defer { redisFree(opened) }
            return opened.pointee.errorText
        }
        opened.pointee.reader.pointee.fn = BoundedReplies.functions
        context = opened
        registration = loop.register(
            descriptor: opened.pointee.fd, name: "Redis \(address)", interest: .writable
        ) { [weak self] ready in self?.becameReady(ready) }
        return nil
    }

    /// Closes the socket; nothing is heard of it any more. What was not written is gone.
    func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        if let context { redisFree(context) }
        context = nil
        output = []
    }

    /// Adds bytes to what the next ``flush()`` writes.
    func write(_ bytes: [UInt8]) { output += bytes }

    /// Writes as much as the socket takes, and the rest when it is ready again.
    func flush() {
        guard isConnected, let context, let registration else { return }
        while outputStart < output.count {
            // MSG_NOSIGNAL: a server that has gone must not end this process.
            let written = output.withUnsafeBytes {
                send(
                    context.pointee.fd, $0.baseAddress! + outputStart, $0.count - outputStart,
                    Int32(MSG_NOSIGNAL))
            }
            if written < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { break }
                return lose(String(cString: strerror(errno)))
            }
            outputStart += written
        }
        if outputStart == output.count {
            output.removeAll(keepingCapacity: output.capacity <= 1 << 20)
            outputStart = 0
        }
        loop.setInterest(output.isEmpty ? .readable : [.readable, .writable], of: registration)
    }

    private func becameReady(_ ready: Readiness) {
        guard isConnected else { return finishConnecting() }
        if ready.contains(.writable) { flush() }
        if ready.contains(.readable) || ready.contains(.failed) { read() }
    }

    private func finishConnecting() {
        guard let context, let registration else { return }
        var status: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(context.pointee.fd, SOL_SOCKET, SO_ERROR, &status, &size)
        guard status == 0 else { return lose(String(cString: strerror(status))) }
        isConnected = true
        loop.setInterest(.readable, of: registration)
        handler(.connected)
    }

    private func lose(_ reason: String) {
        close()
        handler(.lost(reason: reason))
    }
}

// MARK: - Reading

extension RedisLink {
    private func read() {
        var replies: [RedisValue] = []
        var end: String?
        for _ in 0..<Self.readsPerTurn {
            guard let context, end == nil else { break }
            let count = recv(context.pointee.fd, input.baseAddress, input.count, 0)
            if count > 0 {
                end = parse(count, with: context.pointee.reader, into: &replies)
                if count < input.count { break }
            } else if count == 0 {
                end = "it closed the connection"
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                end = String(cString: strerror(errno))
            }
        }
        if !replies.isEmpty { handler(.received(replies)) }
        // What was just received may have made the owner close this link.
        if let end, context != nil { lose(end) }
    }

    /// Feeds the parser and takes what it has finished. Returns why the connection cannot go on, if it cannot.
    private func parse(
        _ count: Int, with reader: UnsafeMutablePointer<redisReader>, into replies: inout [RedisValue]
    ) -> String? {
        redisReaderFeed(reader, input.baseAddress, count)
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &reply) == REDIS_OK else {
                return reader.pointee.err == REDIS_ERR_OOM
                    ? "a reply has more than \(BoundedReplies.elementLimit) elements; ask for less at once"
                    : "it does not speak Redis' protocol (\(reader.pointee.errorText))"
            }
            guard let reply else { break }
            replies.append(RedisValue(reply.assumingMemoryBound(to: redisReply.self)))
            freeReplyObject(reply)
        }
        guard reader.pointee.len <= replyLimit else {
            return "a reply has more than \(replyLimit) bytes; ask for less at once or raise limits.replyBytes"
        }
        return nil
    }
}

extension RedisValue {
    /// Copies a reply of hiredis. The parser allows seven levels.
    fileprivate init(_ reply: UnsafeMutablePointer<redisReply>) {
        let reply = reply.pointee
        switch reply.type {
        case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
        case REDIS_REPLY_STRING: self = .bytes(Array(reply.bytes))
        case REDIS_REPLY_STATUS: self = .status(String(decoding: reply.bytes, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: reply.bytes, as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            self = .array((0..<reply.elements).map { reply.element[$0].map(RedisValue.init) ?? .null })
        default: self = .null
        }
    }
}

/// hiredis' own functions to make replies, with a bound: it would believe a reply that announces two thousand million elements, and
/// walk through all of them to free it.
private enum BoundedReplies {
    static let elementLimit = RedisConfiguration.Limits.replyElements
    private static let original: redisReplyObjectFunctions = {
        let reader = redisReaderCreate()!
        defer { redisReaderFree(reader) }
        return reader.pointee.fn.pointee
    }()

    /// Written once, here.
    nonisolated(unsafe) static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        var bounded = original
        bounded.createArray = { task, count in
            Int(count) <= BoundedReplies.elementLimit ? BoundedReplies.original.createArray(task, count) : nil
        }
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        functions.initialize(to: bounded)
        return functions
    }()
}

extension redisReply {
    fileprivate var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: str, count: len) }
}

extension redisContext {
    fileprivate var errorText: String { withUnsafeBytes(of: errstr, textOfCString) }
}

extension redisReader {
    fileprivate var errorText: String { withUnsafeBytes(of: errstr, textOfCString) }
}

private func textOfCString(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}
