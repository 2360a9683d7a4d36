internal import Mesh

/// One process that follows the registry: it hears everything in order, each after a delay, or nothing while it is cut off.
final class RegistryWatcher {
    let process: SimulatedProcess
    var hasGap = false
    /// Whether this process alone cannot reach the registry.
    private(set) var isCutOff = false
    private let registry: SimulatedRegistry
    private let receive: (RegistryEvent) -> Void
    private var lastArrival: MeshInstant

    init(process: SimulatedProcess, registry: SimulatedRegistry, receive: @escaping (RegistryEvent) -> Void) {
        self.process = process
        self.registry = registry
        self.receive = receive
        lastArrival = registry.clock.now
    }

    func cutOff() {
        guard !isCutOff else { return }
        tell(.unreachable(reason: "cut off"))
        isCutOff = true
    }

    func reconnect() {
        guard isCutOff else { return }
        isCutOff = false
        guard !registry.isAway else { return }
        tell(.reachable)
        tell(registry.snapshot)
    }

    func tell(_ event: RegistryEvent) {
        guard !isCutOff else { return }
        if case .snapshot = event { hasGap = false }
        lastArrival = max(lastArrival, registry.clock.now + registry.chance.milliseconds(0.2...20))
        registry.clock.at(lastArrival) { [process, receive] in process.perform { receive(event) } }
    }
}
