internal import Mesh

/// What all parts of one simulation share.
final class World {
    let clock = VirtualClock()
    let chance: Chance
    let network: SimulatedNetwork
    let registry: SimulatedRegistry
    let chain = Chain()
    let book = PublicationBook()
    let calls = CallBook()
    let limits: Limits
    private let isTracing: Bool
    private(set) var violations: [String] = []
    private(set) var lines: [String] = []
    private var lastPort = 17000
    private let origin: MeshInstant

    static let service = "jobmanager"
    /// How many of the last lines of the trace are kept.
    private static let keptLines = 80

    init(seed: UInt64, isTracing: Bool) {
        chance = Chance(seed: seed)
        self.isTracing = isTracing
        origin = clock.now
        network = SimulatedNetwork(clock: clock, chance: chance)
        registry = SimulatedRegistry(clock: clock, chance: chance, timeToLive: .seconds(6))
        // Small enough that every bound is met now and then.
        var limits = Limits()
        limits.streamWindow = 8
        limits.subscriptionBuffer = 6
        limits.callsInFlightPerInstance = 4
        limits.callsWaitingPerService = 6
        limits.callsRunning = 6
        self.limits = limits
    }

    var now: MeshInstant { clock.now }

    func nextEndpoint() -> String {
        lastPort += 1
        return "tcp://10.0.0.1:\(lastPort)"
    }

    /// The run is over: nothing holds on to anything any more.
    func stop() {
        clock.stop()
        network.stop()
        registry.stop()
    }

    func trace(_ text: @autoclosure () -> String) {
        guard isTracing, violations.isEmpty else { return }
        lines.append("\(timeText) \(text())")
        if lines.count > Self.keptLines { lines.removeFirst() }
    }

    func violation(_ text: String) {
        trace("VIOLATION \(text)")
        violations.append("at \(timeText): \(text)")
    }

    var timeText: String {
        let milliseconds = (now - origin) / .milliseconds(1)
        return "\(milliseconds.rounded() / 1000) s"
    }
}
