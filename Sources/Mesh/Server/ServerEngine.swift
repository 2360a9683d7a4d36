internal import MessagePack

/// The serving side of a node: which requests run, what they may send, when they are over, decided without any I/O.
///
/// What happened goes in through the methods, with the time; what is to be done is left in ``actions`` for the shell.
public struct ServerEngine: Sendable {
    /// What the shell has to do.
    public enum Action: Sendable {
        /// Send bytes to a caller; tell ``ServerEngine/undeliverable(_:)`` when the transport says that it is gone.
        case send(Route, [UInt8])
        /// Run the handler of a request.
        case invoke(Invocation)
        /// Stop the handler of a request: nobody waits for it any more.
        case cancel(ChannelKey, reason: MeshError)
        /// The item that a stream's handler wrote has left: it may write the next.
        case resume(ChannelKey)
        /// A request came to its end, for the counts; with the time that its handler took, where one ran.
        case ended(method: String, outcome: Outcome, took: Duration?)
        /// Something for the log; the first part names the kind, so that a flood of one kind is one line.
        case note(kind: String, String)
    }

    /// How a request ended.
    public enum Outcome: String, Sendable, CaseIterable {
        /// With a result.
        case ok
        /// With an error of its handler.
        case error
        /// It was not run: draining, another epoch, or too much at once.
        case refused
        /// The caller went away or its deadline passed.
        case cancelled
    }

    /// What a method is.
    public enum MethodKind: Sendable {
        /// One result, or a stream of the handler's own.
        case handler
        /// A publication: the engine serves its streams without a handler.
        case publication
    }

    /// A request whose handler is to run. An object that never changes, like ``CallRequest``.
    public final class Invocation: Sendable {
        /// Who asked.
        public let channel: ChannelKey
        /// The method.
        public let method: String
        /// The encoded array of arguments.
        public let arguments: Payload
        /// The request's header.
        public let header: EventHeader

        init(channel: ChannelKey, method: String, arguments: Payload, header: EventHeader) {
            self.channel = channel
            self.method = method
            self.arguments = arguments
            self.header = header
        }
    }

    struct Channel: Sendable {
        let method: String
        let openedAt: MeshInstant
        var deadline: MeshInstant?
        var isPublication = false
        var credit = 1
        /// The one item that waits for credit; the handler waits with it.
        var owed: Payload?
        var lastBeat: MeshInstant?
    }

    let limits: Limits
    var identifiers: MessageIDSource
    /// The life of the instance; replies carry it, and requests for another are refused.
    public var epoch: Epoch = 0
    var methods: [String: MethodKind]
    var channels: [ChannelKey: Channel] = [:]
    var publications: [String: PublisherState] = [:]
    /// Callers that asked for signs of life: mesh peers, who are told of draining.
    var peers: [Route: MeshInstant] = [:]
    var peersSweptAt = MeshInstant.zero
    var waits = DeadlineQueue<ChannelKey>()
    var actions: [Action] = []
    /// Whether new requests are refused.
    public private(set) var isDraining = false
    /// Requests whose handlers are at work, whether anybody still waits for them or not.
    var working: Set<ChannelKey> = []
    var runningCount: Int { working.count }
    /// Streams of publications that are open.
    var subscriberCount: Int { publications.values.reduce(0) { $0 + $1.subscribers.count } }

    /// An engine that serves `methods`.
    public init(methods: [String: MethodKind], limits: Limits = Limits(), random: inout MeshRandom) {
        self.methods = methods
        self.limits = limits
        identifiers = MessageIDSource(using: &random)
        for (name, kind) in methods where kind == .publication {
            publications[name] = PublisherState(limit: limits.publicationHistory)
        }
    }

    /// Takes what is to be done, in order.
    public mutating func takeActions() -> [Action] {
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    /// Whether there is anything to be done.
    public var hasActions: Bool { !actions.isEmpty }

    /// When ``tick(now:)`` has to be called at the latest.
    public var nextDeadline: MeshInstant? { waits.earliest }

    /// Requests with a handler at work.
    public var handlersRunning: Int { runningCount }

    /// Requests and streams being served, publications included.
    public var channelCount: Int { channels.count }

    /// How busy the instance is, 0 to 1.
    public var load: Double { min(1, Double(runningCount) / Double(max(limits.callsRunning, 1))) }

    // MARK: Draining

    /// Refuses new requests from now on and tells the peers so.
    public mutating func drain(now: MeshInstant) {
        guard !isDraining else { return }
        isDraining = true
        for route in peers.keys.sorted() {
            actions.append(
                .send(
                    route, Event.encode(EventHeader(messageID: identifiers.next()), .drain) { $0.writeArrayHeader(0) }))
        }
    }

    /// Ends the streams of publications, so that only handlers are left to wait for.
    public mutating func endPublications(now: MeshInstant) {
        for key in channels.filter({ $0.value.isPublication }).keys.sorted() {
            actions.append(.send(key.route, Event.encode(replyHeader(key), .streamDone) { $0.writeNil() }))
            close(key, .ok, now: now)
        }
    }

    // MARK: Time

    /// Time has passed.
    public mutating func tick(now: MeshInstant) {
        while let key = waits.popDue(now: now) { channelIsDue(key, now: now) }
        waits.compact(liveCount: channels.count) { channels[$0] != nil }
    }

    private mutating func channelIsDue(_ key: ChannelKey, now: MeshInstant) {
        guard let channel = channels[key] else { return }
        if let deadline = channel.deadline, now >= deadline {
            actions.append(
                .cancel(key, reason: MeshError(.deadlineExceeded, "the caller of “\(channel.method)” no longer waits")))
            return close(key, .cancelled, now: now)
        }
        if now - channel.openedAt >= limits.heartbeat {
            if let lastBeat = channel.lastBeat, now - lastBeat > limits.heartbeat * 2 {
                let reason = MeshError(
                    .peerLost, "the caller of “\(channel.method)” gave no sign of life for \(limits.heartbeat * 2)")
                actions.append(.cancel(key, reason: reason))
                return close(key, .cancelled, now: now)
            }
            channels[key]?.lastBeat = channel.lastBeat ?? now
            let header = EventHeader(messageID: identifiers.next(), responseTo: key.identifier)
            let beat = Event.encode(header, .heartbeat) { writer in
                writer.writeArrayHeader(1)
                writer.writeInt(0)
            }
            actions.append(.send(key.route, beat))
        }
        let next = now + limits.heartbeat
        waits.insert(key, at: channel.deadline.map { min($0, next) } ?? next)
    }

    // MARK: The end of a channel

    /// The transport says that a caller is gone: whatever it asked for is over.
    public mutating func undeliverable(_ route: Route, now: MeshInstant) {
        peers[route] = nil
        for (key, channel) in channels.filter({ $0.key.route == route }).sorted(by: { $0.key < $1.key }) {
            actions.append(
                .cancel(
                    key, reason: MeshError(.peerLost, "the caller of “\(channel.method)” is not connected any more")))
            close(key, .cancelled, now: now)
        }
    }

    mutating func close(_ key: ChannelKey, _ outcome: Outcome, now: MeshInstant) {
        guard let channel = channels.removeValue(forKey: key) else { return }
        if channel.isPublication {
            publications[channel.method]?.remove(key)
        }
        // A publication's stream lives as long as its subscriber: that is no latency.
        let took = channel.isPublication ? nil : now - channel.openedAt
        actions.append(.ended(method: channel.method, outcome: outcome, took: took))
    }

    mutating func replyHeader(_ key: ChannelKey) -> EventHeader {
        var header = EventHeader(messageID: identifiers.next(), responseTo: key.identifier)
        header.epoch = epoch
        header.load = load
        return header
    }
}
