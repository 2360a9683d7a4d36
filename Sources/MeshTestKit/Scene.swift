internal import Mesh

/// The actors of one run.
final class Scene {
    let world: World
    let options: Simulation.Options
    let seed: UInt64
    private(set) var publishers: [PublisherSupervisor] = []
    private(set) var consumers: [SimulatedConsumerNode] = []
    /// Earlier lives of consumers; what is still under way may refer to them.
    private var formerConsumers: [SimulatedConsumerNode] = []
    private var earlierDeliveries = 0
    private let start: MeshInstant
    private(set) var faults: [String] = []

    /// When faults begin and end, and when everything has to have come to rest, in seconds from the start.
    static let faultTime = 5.0...45.0
    static let end: Duration = .seconds(75)
    /// When the chain stops growing and calls are made no more, so that everything can come to its end.
    static let restTime: Duration = .seconds(64)

    init(seed: UInt64, options: Simulation.Options) {
        self.seed = seed
        self.options = options
        world = World(seed: seed, isTracing: options.isTracing)
        start = world.now
    }

    func run() -> SimulationReport {
        publishers = (1...options.publisherCount).map { PublisherSupervisor(number: $0, world: world) }
        for number in 1...options.consumerCount { consumers.append(makeConsumer("consumer-\(number)")) }
        grow()
        FaultPlan(scene: self).begin()
        let liveness = LivenessCheck(scene: self)
        liveness.begin()
        world.clock.at(start + Self.restTime) { [self] in
            for consumer in consumers { consumer.makesCalls = false }
        }
        world.clock.run(until: start + Self.end) { !world.violations.isEmpty }
        if world.violations.isEmpty { FinalCheck(scene: self).run() }
        world.stop()
        return SimulationReport(
            seed: seed, violations: world.violations, faults: faults, trace: world.lines,
            duration: world.now - start, deliveryCount: deliveryCount, callCount: world.calls.entries.count,
            fingerprint: world.chance.bits() ^ UInt64(world.clock.actionCount))
    }

    private var deliveryCount: Int { consumers.reduce(earlierDeliveries) { $0 + $1.stream.deliveryCount } }

    private func makeConsumer(_ name: String) -> SimulatedConsumerNode {
        SimulatedConsumerNode(
            name: name, process: SimulatedProcess(host: name, clock: world.clock), world: world,
            behaviour: options.mutant?.behaviour ?? ConsumerBehaviour(), knowsLineage: world.chance.isTrue(0.5))
    }

    /// A consumer dies and another takes its place.
    func restartConsumer(_ index: Int) {
        let former = consumers[index]
        earlierDeliveries += former.stream.deliveryCount
        former.process.die()
        world.network.died(former.process)
        formerConsumers.append(former)
        consumers[index] = makeConsumer(former.name)
    }

    // MARK: The world goes on

    private func grow() {
        let chance = world.chance
        world.clock.after(chance.seconds(0.2...3)) { [self] in
            guard world.now < start + Self.restTime else { return }
            switch chance.number(0...9) {
            case 0...4: world.chain.follow(world.chain.extend(world.chain.view.block))
            case 5: reorganize()
            default: world.chain.refreshTemplate()
            }
            tellDaemons()
            grow()
        }
    }

    /// A branch from one or two blocks below overtakes by a block.
    private func reorganize() {
        let depth = world.chance.number(1...2)
        var block = world.chain.ancestor(of: world.chain.view.block, depth: depth)
        for _ in 0...depth { block = world.chain.extend(block) }
        world.chain.follow(block)
        world.trace("the chain is reorganized to \(block)")
    }

    /// The chain that counts is a shorter one from now on.
    func shortenChain() {
        var block = world.chain.ancestor(of: world.chain.view.block, depth: world.chance.number(4...8))
        for _ in 0..<world.chance.number(0...2) { block = world.chain.extend(block) }
        world.chain.follow(block)
    }

    func note(_ fault: String) {
        faults.append("\(world.timeText) \(fault)")
        world.trace("FAULT \(fault)")
    }

    func tellDaemons() { for publisher in publishers { publisher.daemon.chainChanged() } }
}
