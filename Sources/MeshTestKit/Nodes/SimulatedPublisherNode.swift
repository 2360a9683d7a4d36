internal import Mesh
internal import MessagePack

/// One life of a publisher: a server engine with a registry record, an application behind it, and its timers.
final class SimulatedPublisherNode: SimulatedNode, SimulatedServer {
    static let publication = "jobs"
    static let method = "work"

    let name: InstanceName
    let process: SimulatedProcess
    let world: World
    private(set) var record: InstanceRecord
    private var engine: ServerEngine
    private var sessions: [Route: SimulatedSession] = [:]
    var tickAt: MeshInstant?
    private var isHung = false
    private var whenUnhung: [() -> Void] = []
    private var running: Set<ChannelKey> = []
    /// What it published, in order.
    private(set) var published: [Publication] = []
    /// Called when it listens and has its epoch.
    var onBound: () -> Void = {}
    /// Called when the process ends by itself.
    var onExit: () -> Void = {}

    init(name: InstanceName, process: SimulatedProcess, world: World) {
        self.name = name
        self.process = process
        self.world = world
        var random = world.chance.fork()
        record = InstanceRecord(name: name, epoch: 0, nonce: random.next(), endpoint: "", zone: "")
        engine = ServerEngine(
            methods: ["_mesh_ping": .handler, Self.method: .handler, Self.publication: .publication],
            limits: world.limits, random: &random)
    }

    var routingID: String { record.routingID }
    var isBound: Bool { !record.endpoint.isEmpty }
    var isReady: Bool { record.state == .ready && isAnnounced && process.isAlive }
    var isServing: Bool { isReady && !process.isFrozen && !isHung && !engine.isDraining }
    private(set) var isAnnounced = false
    var channelCount: Int { engine.channelCount }

    // MARK: Registration

    func start(preferring endpoint: String?) {
        later(world.chance.milliseconds(0.3...10)) { node in
            guard !node.isCutFromRegistry, let epoch = node.world.registry.reserve(node.name) else {
                return node.later(node.world.chance.milliseconds(100...1000)) { $0.start(preferring: endpoint) }
            }
            node.bind(epoch: epoch, preferring: endpoint)
        }
    }

    private func bind(epoch: Epoch, preferring endpoint: String?) {
        record.epoch = epoch
        engine.epoch = epoch
        record.endpoint = endpoint ?? world.nextEndpoint()
        if !world.network.listen(self, at: record.endpoint) {
            record.endpoint = world.nextEndpoint()
            _ = world.network.listen(self, at: record.endpoint)
        }
        world.trace("\(name.instance) is epoch \(epoch) at \(record.endpoint)")
        record.state = world.chance.isTrue(0.3) ? .starting : .ready
        onBound()
        announce()
        later(world.chance.milliseconds(0...300)) { node in
            guard node.record.state == .starting else { return }
            node.record.state = .ready
            node.announce()
        }
        renew()
    }

    private func renew() {
        later(world.registry.timeToLive / 3) { node in
            node.announce()
            node.renew()
        }
    }

    private var isCutFromRegistry: Bool { world.network.isCut(process.host, "registry") }

    private func announce() {
        later(world.chance.milliseconds(0.2...5)) { node in
            guard !node.isCutFromRegistry, let outcome = node.world.registry.announce(node.record) else {
                return node.later(node.world.chance.milliseconds(300...900)) { $0.announce() }
            }
            if case .fenced(let by) = outcome {
                node.world.trace("\(node.name.instance) of epoch \(node.record.epoch) is fenced by \(by)")
                return node.exit()
            }
            node.isAnnounced = true
        }
    }

    private func exit() {
        process.die()
        world.network.died(process)
        onExit()
    }

    // MARK: Draining

    /// What a SIGTERM does: say so, let consumers move, finish, leave.
    func drain() {
        process.perform { [self] in
            record.state = .draining
            announce()
            engine.drain(now: world.now)
            carryOut()
            later(world.chance.seconds(0.5...2)) { node in
                node.engine.endPublications(now: node.world.now)
                node.carryOut()
                node.later(.milliseconds(400)) { node in
                    if !node.isCutFromRegistry { node.world.registry.leave(node.name, epoch: node.record.epoch) }
                    node.exit()
                }
            }
        }
    }

    // MARK: The application

    /// The application stops answering while its transport lives.
    func hang() { isHung = true }

    func recover() {
        process.perform { [self] in
            isHung = false
            let work = whenUnhung
            whenUnhung = []
            for item in work { item() }
        }
    }

    private func inApplication(_ work: @escaping (SimulatedPublisherNode) -> Void) {
        process.perform { [self] in
            if isHung { whenUnhung.append { [unowned self] in work(self) } } else { work(self) }
        }
    }

    func publish(_ report: Daemon.Report) {
        inApplication { node in
            let publication = node.world.book.record(
                publisher: "\(node.name.instance)#\(node.record.epoch)", position: report.position, block: report.block,
                isHonest: report.isHonest, key: report.key, time: node.world.now)
            node.published.append(publication)
            node.world.trace("\(publication.publisher) publishes \(report.key) at height \(report.position.height)")
            node.engine.publish(
                PublishedItem(
                    publisher: node.name.instance, epoch: node.record.epoch, position: report.position, key: report.key,
                    item: PublicationBook.payload(of: publication.number)),
                as: SimulatedPublisherNode.publication)
            node.carryOut()
        }
    }

    private func run(_ invocation: ServerEngine.Invocation) {
        inApplication { node in
            let key = invocation.channel
            guard node.running.contains(key) else { return }
            if invocation.method == "_mesh_ping" { return node.reply(to: key, 0) }
            guard let number = Self.number(in: invocation.arguments) else {
                return node.fail(key, "TypeError")
            }
            node.world.calls.ran(number, epoch: node.record.epoch)
            let chance = node.world.chance
            switch chance.number(0...19) {
            case 0: break  // it never answers
            case 1: node.fail(key, "ValueError")
            case 2...9: node.reply(to: key, number)
            default: node.later(chance.milliseconds(1...400)) { $0.reply(to: key, number) }
            }
        }
    }

    private func reply(to key: ChannelKey, _ number: Int) {
        guard running.remove(key) != nil else { return }
        var writer = MessagePackWriter(reservingCapacity: 9)
        writer.writeInt(number)
        engine.reply(key, Payload(writer.bytes), now: world.now)
        carryOut()
    }

    private func fail(_ key: ChannelKey, _ error: String) {
        guard running.remove(key) != nil else { return }
        engine.fail(key, name: error, message: "so it was thrown", now: world.now)
        carryOut()
    }

    static func number(in arguments: Payload) -> Int? {
        arguments.withBytes { bytes in
            var reader = MessagePackReader(bytes)
            guard (try? reader.readArrayHeader()) == 1, let number = try? reader.readInt() else { return nil }
            return Int(number)
        }
    }

    // MARK: The engine's shell

    var nextDeadline: MeshInstant? { engine.nextDeadline }

    func tick() {
        engine.tick(now: world.now)
        carryOut()
    }

    func received(_ bytes: [UInt8], from route: Route) {
        engine.received(Payload(bytes), from: route, now: world.now)
        carryOut()
    }

    func opened(_ session: SimulatedSession) { sessions[session.route] = session }

    func lostRoute(_ route: Route) { sessions[route] = nil }

    private func carryOut() {
        while engine.hasActions {
            for action in engine.takeActions() {
                switch action {
                case .send(let route, let bytes):
                    if let session = sessions[route] {
                        session.send(bytes, toServer: false)
                    } else {
                        engine.undeliverable(route, now: world.now)
                    }
                case .invoke(let invocation):
                    running.insert(invocation.channel)
                    run(invocation)
                case .cancel(let key, _): running.remove(key)
                case .resume, .ended: break
                case .note(let kind, let text): world.violation("\(name.instance) complains (\(kind)): \(text)")
                }
            }
        }
        armTimer()
    }
}
