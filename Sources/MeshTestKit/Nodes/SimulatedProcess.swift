internal import Mesh

/// One life of a process: what reaches it while it is frozen waits for its return, what reaches it after its death is lost.
final class SimulatedProcess {
    /// Names the process in the network's faults and in the trace.
    let host: String
    private(set) var isAlive = true
    private(set) var isFrozen = false
    /// Counts the freezes, so that who looks later knows whether it is still the same one.
    private(set) var freezeCount = 0
    /// When it last came back from a freeze.
    private(set) var resumedAt = MeshInstant.zero
    private let clock: VirtualClock
    private var backlog: [() -> Void] = []

    init(host: String, clock: VirtualClock) {
        self.host = host
        self.clock = clock
    }

    func perform(_ work: @escaping () -> Void) {
        guard isAlive else { return }
        if isFrozen { backlog.append(work) } else { work() }
    }

    func freeze() {
        guard isAlive, !isFrozen else { return }
        isFrozen = true
        freezeCount += 1
    }

    /// Everything that waited is done at once, in order; timers among it are late.
    func resume() {
        guard isFrozen else { return }
        isFrozen = false
        resumedAt = clock.now
        let work = backlog
        backlog = []
        for item in work { perform(item) }
    }

    func die() {
        isAlive = false
        isFrozen = false
        backlog = []
    }
}
