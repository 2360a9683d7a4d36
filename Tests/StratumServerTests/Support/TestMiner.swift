internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import TestSupport

/// The miner's end of a connection, line by line, as dumb as a test needs it.
final class TestMiner: Sendable {
    private let channel: any Channel
    private let log: Log
    private let requests = Mutex(0)

    /// What has come, in order.
    final class Log: Sendable {
        struct State {
            var lines: [String] = []
            var isClosed = false
            var bytes = 0
        }

        let state = Mutex(State())
    }

    private init(_ channel: any Channel, _ log: Log) {
        self.channel = channel
        self.log = log
    }

    deinit { channel.close(promise: nil) }

    /// Connects.
    ///
    /// - Parameter receiveBuffer: The size of the system's buffer, to be small where the miner does not read.
    static func connect(port: Int, from host: String = "127.0.0.1", receiveBuffer: Int? = nil) async throws -> TestMiner
    {
        let log = Log()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineLog(log))
                }
            }
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
        }
        bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: host, port: 0))
        return TestMiner(try await bootstrap.connect(host: "127.0.0.1", port: port).get(), log)
    }

    // MARK: Sending

    /// Sends bytes as they are.
    func send(raw bytes: some Sequence<UInt8>) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }

    /// Sends bytes and waits until the system has them.
    func sendAll(raw bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(channel.allocator.buffer(bytes: bytes)).get()
    }

    /// Sends a line.
    func send(_ line: String) { send(raw: Array((line + "\n").utf8)) }

    /// Sends a request and gives its id.
    @discardableResult
    func request(_ method: String, _ params: String) -> Int {
        let id = requests.withLock { count in
            count += 1
            return count
        }
        send(#"{"id":\#(id),"method":"\#(method)","params":\#(params)}"#)
        return id
    }

    /// Reads nothing from now on, or reads again.
    func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
    }

    /// Closes the connection.
    func close() async throws { try await channel.close().get() }

    // MARK: Receiving

    /// All lines so far.
    var lines: [String] { log.state.withLock { $0.lines } }

    /// How many bytes came.
    var bytes: Int { log.state.withLock { $0.bytes } }

    /// Whether the server closed the connection.
    var isClosed: Bool { log.state.withLock { $0.isClosed } }

    /// All messages so far.
    var messages: [MinerMessage] { lines.map { MinerMessage($0) } }

    /// Waits until the server closes the connection.
    func waitUntilClosed(within deadline: Duration = .seconds(10)) async throws {
        try await eventually(within: deadline, "the server closes the connection, which said \(lines.suffix(3))") {
            isClosed
        }
    }

    /// Waits for the reply to a request.
    func reply(to id: Int, within deadline: Duration = .seconds(10)) async throws -> MinerMessage {
        try await first("a reply to \(id)", within: deadline) { $0.method == nil && $0.id == id }
    }

    /// Waits for the `count`-th notification of a method.
    func notification(_ method: String, count: Int = 1, within deadline: Duration = .seconds(10)) async throws
        -> MinerMessage
    {
        try await eventually(within: deadline, "\(count) of \(method), there is \(lines.suffix(5))") {
            messages.count { $0.method == method } >= count
        }
        return messages.filter { $0.method == method }[count - 1]
    }

    /// Waits for a message of some kind.
    func first(
        _ what: String, within deadline: Duration = .seconds(10), _ isMeant: (MinerMessage) -> Bool
    ) async throws -> MinerMessage {
        try await eventually(within: deadline, "\(what) comes; there is \(lines.suffix(5)), closed: \(isClosed)") {
            messages.contains(where: isMeant)
        }
        return messages.first(where: isMeant) ?? MinerMessage("")
    }

    // MARK: Mining

    /// Subscribes and authorizes.
    func logIn(worker: String = "address.rig", password: String = "x") async throws {
        let subscription = request("mining.subscribe", #"["test/1"]"#)
        let authorization = request("mining.authorize", #"["\#(worker)","\#(password)"]"#)
        _ = try await reply(to: subscription)
        guard try await reply(to: authorization).isTrue else {
            throw TestSupportError("not authorized: \(lines.suffix(3))")
        }
    }

    /// Submits a share of the newest job.
    @discardableResult
    func submit(nonce: UInt32, worker: String = "address.rig", job: String? = nil, time: String? = nil) throws -> Int {
        guard let notify = messages.last(where: { $0.method == "mining.notify" }) else {
            throw TestSupportError("there is no job to submit a share of")
        }
        return request(
            "mining.submit",
            #"["\#(worker)","\#(job ?? notify.text(0))","00000000","\#(time ?? notify.text(7))","\#(Samples.hex(nonce))"]"#
        )
    }
}

/// A line from the server.
struct MinerMessage: Sendable {
    let line: String

    init(_ line: String) { self.line = line }

    private var object: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] ?? [:]
    }

    var id: Int? { object["id"] as? Int }
    var method: String? { object["method"] as? String }
    var isTrue: Bool { object["result"] as? Bool == true }
    var errorCode: Int? { (object["error"] as? [Any])?.first as? Int }
    var errorText: String { (object["error"] as? [Any])?.dropFirst().first as? String ?? "" }
    /// A parameter that is a text.
    func text(_ index: Int) -> String { (object["params"] as? [Any])?.dropFirst(index).first as? String ?? "" }
    /// `clean_jobs` of a `mining.notify`.
    var isClean: Bool { (object["params"] as? [Any])?.last as? Bool == true }
    /// extranonce1 of the reply to `mining.subscribe`.
    var extranonce1: String { (object["result"] as? [Any])?.dropFirst().first as? String ?? "" }
}

private final class LineLog: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let log: TestMiner.Log
    private var unfinished: [UInt8] = []

    init(_ log: TestMiner.Log) { self.log = log }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        unfinished += bytes
        var lines = unfinished.split(separator: 0x0a, omittingEmptySubsequences: false)
        unfinished = Array(lines.removeLast())
        let texts = lines.map { String(decoding: $0, as: UTF8.self) }
        log.state.withLock {
            $0.lines += texts
            $0.bytes += bytes.count
        }
    }

    func channelInactive(context: ChannelHandlerContext) { log.state.withLock { $0.isClosed = true } }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
