internal import Mesh

/// What holds for a routing table at every step: the socket is the evidence, and no older life comes back while a newer one
/// is known to live.
///
/// - A good connection to an instance in use is given up only for a newer life of it.
/// - No connection is opened to an older life while the socket of a newer one lives, and no call completes there.
struct RoutingCheck {
    let name: String
    let world: World
    /// The newest life of each instance that was in use and whose socket has not been seen to die.
    private var known: [String: (epoch: Epoch, process: SimulatedProcess)] = [:]
    /// The connections that were in use when the last step ended.
    private var inUse: Set<LinkID> = []
    /// What was given up in this step although it was good.
    private var givenUp: [Life] = []

    typealias Life = SimulatedConsumerNode.Life

    init(name: String, world: World) {
        self.name = name
        self.world = world
    }

    mutating func socketDied(_ life: Life) {
        if known[life.instance]?.epoch == life.epoch { known[life.instance] = nil }
    }

    mutating func opened(_ life: Life) {
        world.trace("\(name) connects to \(life.instance) of epoch \(life.epoch)")
        if let newer = newerLife(than: life) {
            world.violation("\(name) goes back to epoch \(life.epoch) of \(life.instance) while \(newer) lives")
        }
    }

    mutating func closed(_ life: Life, link: LinkID, isHealthy: Bool) {
        world.trace("\(name) leaves \(life.instance) of epoch \(life.epoch)")
        if isHealthy, inUse.contains(link) { givenUp.append(life) }
    }

    func callCompleted(on life: Life) {
        if let newer = newerLife(than: life) {
            world.violation("\(name): a call completed on epoch \(life.epoch) of \(life.instance), \(newer) is known")
        }
    }

    private func newerLife(than life: Life) -> Epoch? {
        known[life.instance].flatMap { $0.epoch > life.epoch && $0.process.isAlive ? $0.epoch : nil }
    }

    /// The step is over.
    mutating func settle(_ instances: [RoutingTable.Entry], _ connections: [LinkID: SimulatedConnection]) {
        for life in givenUp {
            let hasSuccessor = instances.contains {
                $0.record.name.instance == life.instance && $0.record.epoch >= life.epoch
            }
            if !hasSuccessor {
                world.violation("\(name) gave up the live \(life.instance) of epoch \(life.epoch) for nothing")
            }
        }
        givenUp = []
        inUse = []
        for entry in instances where entry.state == .up {
            inUse.insert(entry.link)
            guard let session = connections[entry.link]?.session else { continue }
            known[entry.record.name.instance] = (entry.record.epoch, session.server.process)
        }
    }
}
