internal import Logging
internal import MessagePack

/// What other threads ask of a node's core.
enum NodeCommand: Sendable {
    case call(MessageID, CallRequest, UnsafeContinuation<Payload, any Error>)
    case cancel(MessageID)
    case openStream(MessageID, CallRequest, Mailbox<Payload>)
    case closeStream(MessageID)
    case streamConsumed(MessageID, Int)
    case reply(ChannelKey, Payload)
    case fail(ChannelKey, name: String, message: String)
    case write(ChannelKey, Payload)
    case endStream(ChannelKey)
    case perform(@Sendable (NodeCore) -> Void)
}

/// The part of a node that lives on the I/O thread: it feeds the engines and carries out what they decide.
///
/// Confined to the reactor's thread, like the transport; unchecked for that reason.
final class NodeCore: TransportDelegate, @unchecked Sendable {
    let reactor: any Reactor
    let transport: any Transport
    let service: ServiceDefinition?
    let logger: Logger
    var client: ClientEngine
    var server: ServerEngine
    let handlers: HandlerTasks
    var observers: [String: [@Sendable ([RoutingTable.Entry]) -> Void]] = [:]

    /// Unsafe for speed: every call that the engine takes ends with exactly one `finish`, which the simulation checks.
    private var calls: [MessageID: UnsafeContinuation<Payload, any Error>] = [:]
    private var streams: [MessageID: Mailbox<Payload>] = [:]
    private var subscriptions: [SubscriptionID: Mailbox<Merger.Output>] = [:]
    private var wakeAt: MeshInstant?
    private var isPumping = false
    private var gathered = 0
    private var isClosed = false
    private var notes = NoteLimiter()
    private let metrics: MethodMetrics

    init(
        reactor: any Reactor, transport: any Transport, service: ServiceDefinition?, limits: Limits, zone: String,
        logger: Logger
    ) {
        self.reactor = reactor
        self.transport = transport
        self.service = service?.withIntrospection()
        self.logger = logger
        var random = MeshRandom.system()
        let kinds = (self.service?.methods ?? [:]).mapValues { method -> ServerEngine.MethodKind in
            if case .publication = method.kind { .publication } else { .handler }
        }
        server = ServerEngine(methods: kinds, limits: limits, random: &random)
        client = ClientEngine(limits: limits, zone: zone, random: random)
        metrics = MethodMetrics(service: service?.name ?? "")
        handlers = HandlerTasks(loop: reactor.taskExecutor, limits: limits)
    }

    // MARK: What comes in

    func run(_ commands: [NodeCommand]) {
        let now = reactor.now
        for command in commands {
            run(command, now: now)
            pumpInSteps()
        }
        pump()
    }

    /// Carries out what has gathered every few messages: the other side works on the first ones while this one still reads the
    /// last. All at once, the two would take turns.
    private func pumpInSteps() {
        gathered += 1
        if gathered >= Self.messagesPerStep { pump() }
    }

    private static let messagesPerStep = 32

    private func run(_ command: NodeCommand, now: MeshInstant) {
        switch command {
        case .call(let identifier, let request, let continuation):
            guard !isClosed else { return continuation.resume(throwing: Self.closed) }
            calls[identifier] = continuation
            client.call(identifier, request, now: now)
        case .cancel(let identifier): client.cancel(identifier, now: now)
        case .openStream(let identifier, let request, let mailbox):
            guard !isClosed else { return mailbox.finish(.failure(Self.closed)) }
            streams[identifier] = mailbox
            client.openStream(identifier, request, now: now)
        case .closeStream(let identifier): client.closeStream(identifier, now: now)
        case .streamConsumed(let identifier, let count): client.consumed(count, of: identifier)
        case .reply(let key, let result):
            handlers.ended(key)
            server.reply(key, result, now: now)
        case .fail(let key, let name, let message):
            handlers.ended(key)
            server.fail(key, name: name, message: message, now: now)
        case .endStream(let key):
            handlers.ended(key)
            server.endStream(key, now: now)
        case .write(let key, let item): server.write(item, to: key)
        case .perform(let work): work(self)
        }
    }

    func link(_ link: LinkID, _ event: LinkEvent) { client.link(link, event, now: reactor.now) }

    func received(_ message: Payload, on link: LinkID) {
        client.received(message, from: link, now: reactor.now)
        pumpInSteps()
    }

    func requested(_ message: Payload, from route: Route) {
        server.received(message, from: route, now: reactor.now)
        pumpInSteps()
    }

    func rejected(_ reason: String) { note(kind: "rejected", reason) }

    /// A transport tries every other second for as long as the peer is listed.
    func refused(at endpoint: String, _ reason: String) {
        note(kind: "\(endpoint) \(reason)", "connecting to \(endpoint): \(reason)", every: .seconds(60))
    }

    func endOfBatch() { pump() }

    // MARK: Subscriptions

    func subscribe(
        to publication: String, of service: String, policy: Merger.Policy, mailbox: Mailbox<Merger.Output>
    ) -> SubscriptionID? {
        guard !isClosed else {
            mailbox.finish(.failure(Self.closed))
            return nil
        }
        let identifier = client.subscribe(to: publication, of: service, policy: policy, now: reactor.now)
        subscriptions[identifier] = mailbox
        return identifier
    }

    func unsubscribe(_ identifier: SubscriptionID) {
        subscriptions[identifier] = nil
        client.unsubscribe(identifier, now: reactor.now)
    }

    // MARK: What goes out

    /// Carries out what the engines decided, until they want nothing more.
    func pump() {
        guard !isPumping, !isClosed else { return }
        isPumping = true
        gathered = 0
        defer { isPumping = false }
        while client.hasActions || server.hasActions {
            for action in server.takeActions() { perform(action) }
            for action in client.takeActions() { perform(action) }
        }
        scheduleWake()
    }

    private func scheduleWake() {
        guard let next = [client.nextDeadline, server.nextDeadline].compactMap({ $0 }).min() else { return }
        if let wakeAt, wakeAt <= next { return }
        wakeAt = next
        reactor.wake(at: next) { [weak self] in self?.wakeIsDue(next) }
    }

    private func wakeIsDue(_ time: MeshInstant) {
        guard wakeAt == time else { return }
        wakeAt = nil
        let now = max(reactor.now, time)
        client.tick(now: now)
        server.tick(now: now)
        pump()
    }

    private func perform(_ action: ClientEngine.Action) {
        switch action {
        case .send(let link, let bytes, let identifier):
            if transport.send(bytes, on: link) != .taken {
                client.undeliverable(identifier, on: link, now: reactor.now)
            }
        case .finish(let identifier, let result):
            calls.removeValue(forKey: identifier)?.resume(with: result.mapError { $0 })
        case .item(let identifier, let payload): streams[identifier]?.put(payload)
        case .end(let identifier, let error):
            streams.removeValue(forKey: identifier)?.finish(error.map { .failure($0) } ?? .success(()))
        case .delivery(let identifier, let output):
            if case .alarm(let text) = output { note(kind: "alarm", text) }
            subscriptions[identifier]?.put(output)
        case .open(let link, let endpoint, let routingID):
            transport.open(link, endpoint: endpoint, routingID: routingID)
        case .close(let link): transport.close(link)
        case .tableChanged(let service):
            let entries = client.instances(of: service)
            for observer in observers[service] ?? [] { observer(entries) }
        case .note(let text): note(kind: "client", text)
        }
    }

    private func perform(_ action: ServerEngine.Action) {
        switch action {
        case .send(let route, let bytes):
            // One that takes less than it granted is lost as well: a hole in its streams would be worse than their end.
            if transport.reply(bytes, to: route) != .taken { server.undeliverable(route, now: reactor.now) }
        case .invoke(let invocation): invoke(invocation)
        case .cancel(let key, _): handlers.cancel(key)
        case .resume(let key): handlers.resumeWriter(key)
        case .ended(let method, let outcome, let took): metrics.count(method, outcome, took)
        case .note(let kind, let text): note(kind: kind, text)
        }
    }

    private func invoke(_ invocation: ServerEngine.Invocation) {
        guard let method = service?.methods[invocation.method], let submit else { return }
        handlers.start(invocation, method, submit: submit)
    }

    /// How handlers and everybody else reach this core; set once by the node.
    var submit: (@Sendable (NodeCommand) -> Void)?

    private func note(kind: String, _ text: String, every interval: Duration = .seconds(10)) {
        guard let suppressed = notes.admit(kind, every: interval, now: reactor.now) else { return }
        let more = suppressed > 0 ? ["alike": "\(suppressed) more since the last"] as Logger.Metadata : [:]
        logger.warning("\(text)", metadata: more)
    }

    // MARK: The end

    private static var closed: MeshError { MeshError(.shutdown, "this node is shut down; start another") }

    /// Ends every call, stream and subscription of this node, and closes the transport.
    func close(linger: Duration) {
        guard !isClosed else { return }
        pump()
        isClosed = true
        for continuation in calls.values { continuation.resume(throwing: Self.closed) }
        for mailbox in streams.values { mailbox.finish(.failure(Self.closed)) }
        for mailbox in subscriptions.values { mailbox.finish(.failure(Self.closed)) }
        calls = [:]
        streams = [:]
        subscriptions = [:]
        handlers.cancelAll()
        transport.close(linger: linger)
    }
}
