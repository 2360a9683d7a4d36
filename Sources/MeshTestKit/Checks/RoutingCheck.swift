internal import Mesh

/// What holds for a routing table at every step: the socket is the evidence, and no older life comes back while a newer one
/// is known to live.
///
/// - A good connection to an instance in use is given up only for a newer life of it.
/// - No connection is opened to an older life while the socket of a newer one lives, and no call completes there.
struct RoutingCheck {
    let name: String
    let world: World
    /// The life of each instance whose socket is connected.
    private var connected: [String: Epoch] = [:]
    /// The connections that were in use when the last step ended.
    private var inUse: Set<LinkID> = []
    /// What was given up in this step although it was good.
    private var givenUp: [Life] = []

    typealias Life = SimulatedConsumerNode.Life

    init(name: String, world: World) {
        self.name = name
        self.world = world
    }

    mutating func socketConnected(_ life: Life) { connected[life.instance] = life.epoch }

    mutating func socketDied(_ life: Life) {
        if connected[life.instance] == life.epoch { connected[life.instance] = nil }
    }

    mutating func opened(_ life: Life) {
        world.trace("\(name) connects to \(life.instance) of epoch \(life.epoch)")
        if let newer = connected[life.instance], newer > life.epoch {
            world.violation("\(name) goes back to epoch \(life.epoch) of \(life.instance) while \(newer) lives")
        }
    }

    mutating func closed(_ life: Life, link: LinkID, isHealthy: Bool) {
        world.trace("\(name) leaves \(life.instance) of epoch \(life.epoch)")
        socketDied(life)
        if isHealthy, inUse.contains(link) { givenUp.append(life) }
    }

    func callCompleted(on life: Life) {
        if let newer = connected[life.instance], newer > life.epoch {
            world.violation("\(name): a call completed on epoch \(life.epoch) of \(life.instance), \(newer) is known")
        }
    }

    /// The step is over.
    mutating func settle(_ instances: [RoutingTable.Entry]) {
        for life in givenUp {
            let hasSuccessor = instances.contains {
                $0.record.name.instance == life.instance && $0.record.epoch >= life.epoch
            }
            if !hasSuccessor {
                world.violation("\(name) gave up the live \(life.instance) of epoch \(life.epoch) for nothing")
            }
        }
        givenUp = []
        inUse = Set(instances.lazy.filter { $0.state == .up }.map(\.link))
    }
}
