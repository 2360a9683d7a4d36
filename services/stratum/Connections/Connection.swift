internal import Logging
internal import Mining
internal import NIOCore
internal import Stratum

/// One miner's connection: the shell around a ``Stratum/Session``. Confined to its event loop.
final class Connection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    let parts: PoolParts
    let listen: ListenAddress
    let hub: ConnectionHub
    let channel: any Channel

    /// Where the miner is, as the proxy told or the socket knows.
    var address: IPAddress?
    var proxyID: String?
    var session: Session?
    /// What has come before it is known whether it is a PROXY header.
    var prelude: [UInt8] = []
    var expectsProxy = false
    /// Whether the address' count holds this connection.
    var isCounted = false

    private var framer: LineFramer
    /// Lines that wait until the session takes more.
    private var waiting: ArraySlice<[UInt8]> = []
    private var wantsRead = false

    private(set) var closing: Closing?
    let since: ContinuousClock.Instant
    private(set) var heard: ContinuousClock.Instant
    /// Whether the miner was asked for a sign of life since it was heard last.
    var isPinged = false
    var progress = SendProgress()
    var ledger: ConnectionLedger

    /// How a connection ends.
    struct Closing {
        var until: ContinuousClock.Instant
        var discarded = 0
    }

    init(_ channel: any Channel, on listen: ListenAddress, hub: ConnectionHub, parts: PoolParts) {
        self.channel = channel
        self.listen = listen
        self.hub = hub
        self.parts = parts
        since = .now
        heard = since
        framer = LineFramer(limit: parts.options.session.lineLimit)
        ledger = ConnectionLedger(sinceMilliseconds: parts.wallClockMilliseconds())
    }

    // MARK: The channel's life

    func channelActive(context: ChannelHandlerContext) {
        hub.add(self)
        guard let peer = channel.remoteAddress?.ipAddress.flatMap({ IPAddress($0) }) else {
            return context.close(promise: nil)
        }
        address = peer
        expectsProxy = listen.takesProxies && parts.guardian.isProxy(peer)
        if !expectsProxy { admit(peer, now: .now) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let now = ContinuousClock.now
        hub.remove(self)
        if isCounted, let address { parts.guardian.closed(address, now: now) }
        if ledger.isTold { report() }
        ledger.ended(parts.recorder)
        // What still waits is not taken any more: the memory would not know of it.
        waiting = []
        if let memory = session?.end() { parts.vault.keep(memory, now: now) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        parts.logger.debug("a connection broke: \(error)", metadata: metadata)
        context.close(promise: nil)
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard closing == nil else { return discard(bytes.readableBytes) }
        let now = ContinuousClock.now
        heard = now
        isPinged = false
        if session == nil {
            prelude += bytes.readableBytesView
            readPrelude(now: now)
        } else {
            consume(bytes.readableBytesView, now: now)
        }
    }

    /// Reads nothing more as long as the session has enough to do: the miner's own socket will tell it to wait.
    func read(context: ChannelHandlerContext) {
        if isFull {
            wantsRead = true
        } else {
            context.read()
        }
    }

    private var isFull: Bool { closing == nil && (!waiting.isEmpty || session?.isCongested == true) }

    /// Takes bytes of the protocol.
    func consume(_ bytes: some Collection<UInt8>, now: ContinuousClock.Instant) {
        waiting += framer.append(bytes)
        takeLines(now: now)
    }

    private func takeLines(now: ContinuousClock.Instant) {
        while closing == nil, session?.isCongested == false, let line = waiting.popFirst() {
            perform(session?.receive(line: line, now: now) ?? [], now: now)
        }
        if closing == nil, waiting.isEmpty, framer.isOverlong {
            send(StratumLine.error(.other, "a line is at most \(framer.limit) bytes"))
            close(.protocolError, "a line of more than \(framer.limit) bytes", now: now)
        }
        channel.flush()
        if wantsRead, !isFull {
            wantsRead = false
            channel.read()
        }
    }

    /// After a close the miner may still be sending. It is read for a moment, because closing on unread bytes would take the last words away.
    private func discard(_ count: Int) {
        closing?.discarded += count
        if let closing, closing.discarded > Self.discardLimit { channel.close(promise: nil) }
    }

    private static let discardLimit = 1 << 20

    // MARK: What happens beside it

    /// Hands the session new work.
    func take(_ work: Work, now: ContinuousClock.Instant) {
        act(now: now) { $0.work(work, now: now) }
    }

    /// The share was hashed; it counts even where the miner has gone meanwhile.
    func checked(_ id: CheckID, _ result: ShareResult) {
        let now = ContinuousClock.now
        perform(session?.checked(id, result, now: now) ?? [], now: now)
        takeLines(now: now)
    }

    /// Lets the session do something of its own accord.
    func act(now: ContinuousClock.Instant, _ body: (inout Session) -> [Session.Action]) {
        guard closing == nil, session != nil else { return }
        perform(body(&session!), now: now)
        channel.flush()
    }

    // MARK: What goes out

    /// Queues bytes to be sent with the next flush.
    func send(_ bytes: [UInt8]) {
        guard closing == nil, channel.isActive else { return }
        progress.queue(bytes.count)
        channel.write(channel.allocator.buffer(bytes: bytes), promise: nil)
        if !channel.isWritable { drop(.slow, "more than \(parts.options.pendingBytes) bytes are left unread") }
    }

    /// Ends the connection once what was sent before is out.
    func close(_ cause: CloseCause, _ reason: String, now: ContinuousClock.Instant) {
        guard closing == nil else { return }
        note(cause, reason)
        closing = Closing(until: now + parts.options.closeTimeout)
        waiting = []
        let channel = channel
        channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
        if wantsRead {
            wantsRead = false
            channel.read()
        }
    }

    /// Ends the connection at once, whatever has not been sent.
    func drop(_ cause: CloseCause, _ reason: String) {
        if closing == nil { note(cause, reason) }
        closing = closing ?? Closing(until: .now)
        channel.close(promise: nil)
    }

    private func note(_ cause: CloseCause, _ reason: String) {
        parts.statistics.ended(cause)
        parts.logger.debug("closing a connection: \(reason)", metadata: metadata)
    }

    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["address": "\(address?.description ?? "unknown")"]
        if let worker = session?.workers.first { metadata["worker"] = "\(worker)" }
        if let proxyID { metadata["proxyID"] = "\(proxyID)" }
        return metadata
    }
}
