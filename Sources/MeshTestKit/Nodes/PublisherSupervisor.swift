internal import Mesh

/// One publisher over all its lives: its daemon, and a supervisor that starts it again when it ends.
final class PublisherSupervisor {
    let name: InstanceName
    let world: World
    private(set) var daemon: Daemon
    /// All lives, the present one last; a frozen one may still be there when its successor has been started.
    private(set) var lives: [SimulatedPublisherNode] = []

    init(number: Int, world: World) {
        name = InstanceName(service: World.service, instance: "jobmanager-\(number)")
        self.world = world
        let slowest = Double(world.chance.number(60...600))
        daemon = Daemon(chain: world.chain, clock: world.clock, chance: world.chance, delay: 20...slowest)
        daemon.report = { [unowned self] report in
            for life in lives where life.process.isAlive && life.isBound { life.publish(report) }
        }
        start(after: world.chance.milliseconds(0...400), onSamePort: false)
    }

    var host: String { name.instance }
    var present: SimulatedPublisherNode? { lives.last.flatMap { $0.process.isAlive ? $0 : nil } }

    func start(after delay: Duration, onSamePort: Bool) {
        let endpoint = onSamePort ? lives.last?.record.endpoint : nil
        let count = lives.count
        world.clock.after(delay) { [self] in
            // Somebody else may have started it meanwhile.
            guard lives.count == count else { return }
            let node = SimulatedPublisherNode(
                name: name, process: SimulatedProcess(host: host, clock: world.clock), world: world)
            lives.append(node)
            node.onExit = { [unowned self, unowned node] in
                if lives.last === node { start(after: world.chance.milliseconds(100...1500), onSamePort: true) }
            }
            node.onBound = { [unowned self, unowned node] in node.publish(daemon.current) }
            node.start(preferring: endpoint.flatMap { $0.isEmpty ? nil : $0 })
        }
    }

    /// kill -9 of the present life.
    func crash(restartAfter delay: Duration, onSamePort: Bool) {
        guard let node = present else { return }
        world.trace("\(name.instance) is killed")
        node.process.die()
        world.network.died(node.process)
        start(after: delay, onSamePort: onSamePort)
    }
}
