internal import Mesh
internal import MessagePack

/// One life of a consumer: a client engine that subscribes and calls, its connections, timers and the checks on it.
final class SimulatedConsumerNode: SimulatedNode, SimulatedClient {
    let name: String
    let process: SimulatedProcess
    let world: World
    private(set) var engine: ClientEngine
    private let behaviour: ConsumerBehaviour
    private(set) var connections: [LinkID: SimulatedConnection] = [:]
    private(set) var lives: [LinkID: Life] = [:]
    private var subscription = SubscriptionID(0)
    var tickAt: MeshInstant?
    private var numbers: [MessageID: Int] = [:]
    private var untaken = 0
    private(set) var watcher: RegistryWatcher?
    private(set) var stream: StreamCheck
    private var routing: RoutingCheck
    private let callCheck: CallCheck
    /// How long the application takes for a delivery; zero mostly.
    var slowness: Duration = .zero
    var makesCalls = true

    /// Which life of which instance a connection is meant for.
    struct Life: Equatable {
        let instance: String
        let epoch: Epoch
    }

    init(name: String, process: SimulatedProcess, world: World, behaviour: ConsumerBehaviour, knowsLineage: Bool) {
        self.name = name
        self.process = process
        self.world = world
        self.behaviour = behaviour
        engine = ClientEngine(limits: world.limits, random: world.chance.fork())
        stream = StreamCheck(name: name, world: world)
        routing = RoutingCheck(name: name, world: world)
        callCheck = CallCheck(name: name, world: world)
        var policy = Merger.Policy()
        policy.lineage = knowsLineage ? Chain.lineage : nil
        subscription = engine.subscribe(
            to: SimulatedPublisherNode.publication, of: World.service, policy: policy, now: world.now)
        carryOut()
        let watcher = RegistryWatcher(process: process, registry: world.registry) { [unowned self] event in
            self.behaviour.heard(event, by: self)
        }
        self.watcher = watcher
        world.registry.watch(watcher)
        callAgain()
    }

    /// The publisher whose items the subscription takes at present.
    var active: InstanceRecord? { engine.activePublisher(of: subscription) }
    var instances: [RoutingTable.Entry] { engine.instances(of: World.service) }
    var heldCount: Int { engine.heldCount }
    var callsUnderWay: Int { numbers.count }

    /// Calls that should have ended before now.
    var overdueCalls: [Int] {
        numbers.values.filter { number in
            let call = world.calls.entries[number]
            return world.now > call.begun + call.request.options.timeout
        }
    }

    /// The connection to a publisher that the routing table holds for usable.
    func routableLink(to publisher: SimulatedPublisherNode) -> LinkID? {
        instances.first { $0.record.routingID == publisher.routingID && $0.isRoutable }?.link
    }

    // MARK: What happens to it

    var nextDeadline: MeshInstant? { engine.nextDeadline }

    func tick() {
        engine.tick(now: world.now)
        carryOut()
    }

    func linkChanged(_ link: LinkID, _ event: LinkEvent) {
        if event == .disconnected { stream.linkBroke(link) }
        if event == .disconnected, let life = lives[link] { routing.socketDied(life) }
        engine.link(link, event, now: world.now)
        carryOut()
    }

    func received(_ bytes: [UInt8], on link: LinkID) { behaviour.received(bytes, on: link, by: self) }

    func apply(_ event: RegistryEvent) {
        engine.registry(event, now: world.now)
        carryOut()
    }

    func apply(_ message: [UInt8], on link: LinkID) {
        let publication = stream.willReceive(message, on: link)
        engine.received(Payload(message), from: link, now: world.now)
        carryOut(causedBy: link)
        if let publication { stream.didReceive(publication) }
    }

    /// A mutant's way of telling the engine of a death that did not happen.
    func pretendBroken(_ link: LinkID) {
        engine.link(link, .disconnected, now: world.now)
        carryOut()
    }

    /// Time has passed for the checks.
    func reconsider() { stream.reconsider() }

    /// A mutant's way of losing a delivery.
    func swallow() { engine.consumed(1, of: subscription) }

    // MARK: Calls

    private func callAgain() {
        later(world.chance.milliseconds(50...900)) { node in
            if node.makesCalls { node.call() }
            node.callAgain()
        }
    }

    private func call() {
        let chance = world.chance
        var options = CallOptions(
            timeout: chance.isTrue(0.2) ? chance.milliseconds(5...200) : chance.seconds(0.2...8),
            isIdempotent: chance.isTrue(0.5), failsFast: chance.isTrue(0.1))
        var destination = Destination.service(World.service)
        if chance.isTrue(0.25), let entry = instances.first(where: { _ in chance.isTrue(0.5) }) {
            destination = .instance(entry.record.name)
            if chance.isTrue(0.5) { options.expectedEpoch = entry.record.epoch }
        }
        let number = world.calls.begin(
            { number in
                var writer = MessagePackWriter(reservingCapacity: 10)
                writer.writeArrayHeader(1)
                writer.writeInt(number)
                return CallRequest(
                    destination, SimulatedPublisherNode.method, arguments: Payload(writer.bytes), options: options)
            }, caller: name, now: world.now)
        let identifier = engine.nextIdentifier()
        numbers[identifier] = number
        engine.call(identifier, world.calls.entries[number].request, now: world.now)
        carryOut()
        if chance.isTrue(0.05) {
            later(chance.milliseconds(0...300)) { node in
                node.engine.cancel(identifier, now: node.world.now)
                node.carryOut()
            }
        }
    }

    // MARK: The engine's shell

    private func carryOut(causedBy source: LinkID? = nil) {
        while engine.hasActions {
            for action in engine.takeActions() { carryOut(action, causedBy: source) }
        }
        let instances = instances
        routing.settle(instances, connections)
        stream.checkActive(active.flatMap { active in instances.first { $0.record == active }?.link })
        armTimer()
    }

    private func carryOut(_ action: ClientEngine.Action, causedBy source: LinkID?) {
        switch action {
        case .open(let link, let endpoint, let routingID):
            let parts = routingID?.split(separator: "#") ?? []
            guard parts.count == 3, let epoch = Epoch(parts[1]) else { return world.violation("a strange \(action)") }
            let life = Life(instance: String(parts[0]), epoch: epoch)
            routing.opened(life)
            lives[link] = life
            connections[link] = SimulatedConnection(
                link: link, endpoint: endpoint, routingID: routingID, client: self, network: world.network)
        case .close(let link):
            stream.linkBroke(link)
            if let connection = connections[link], let life = lives[link] {
                routing.closed(life, link: link, isHealthy: connection.isHealthy)
                connection.close()
            }
            connections[link] = nil
            lives[link] = nil
        case .send(let link, let bytes, let identifier):
            stream.willSend(bytes, on: link)
            if connections[link]?.send(bytes) != true { engine.undeliverable(identifier, on: link, now: world.now) }
        case .finish(let identifier, let result):
            guard let number = numbers.removeValue(forKey: identifier) else {
                return world.violation("\(name): a call ended twice")
            }
            callCheck.ended(number, result)
            if case .success = result, let life = source.flatMap({ lives[$0] }) { routing.callCompleted(on: life) }
        case .delivery(_, let output): behaviour.decided(output, by: self)
        case .note(let text): noted(text)
        case .tableChanged, .item, .end: break
        }
    }

    private func noted(_ text: String) {
        guard text.contains("leaves pings unanswered") else {
            return world.violation("\(name) complains: \(text)")
        }
    }

    func apply(_ output: Merger.Output) {
        switch output {
        case .deliver(let item): stream.delivered(item, isReset: false)
        case .reset(let item, _): stream.delivered(item, isReset: true)
        case .alarm(let text):
            // It takes a place like a delivery, and is taken at once.
            engine.consumed(1, of: subscription)
            return world.trace("\(name) is alarmed: \(text)")
        }
        untaken += 1
        let bound = world.limits.subscriptionBuffer + world.limits.streamWindow * max(connections.count, 1) * 2
        if untaken > bound { world.violation("\(name) holds \(untaken) deliveries") }
        let take: (SimulatedConsumerNode) -> Void = { node in
            node.untaken -= 1
            node.engine.consumed(1, of: node.subscription)
        }
        if slowness == .zero {
            take(self)
        } else {
            later(slowness) {
                take($0); $0.carryOut()
            }
        }
    }
}
