internal import Mesh

/// A process with one of the mesh's engines in it: what stands in for the reactor around the engine.
///
/// Whatever time brings is done by the process, so late after a freeze and never after its death.
protocol SimulatedNode: AnyObject {
    var process: SimulatedProcess { get }
    var world: World { get }
    /// When the engine wants to be told the time; nil for never.
    var nextDeadline: MeshInstant? { get }
    /// When the earliest tick that was asked for comes; nil without one.
    var tickAt: MeshInstant? { get set }
    /// Tells the engine the time and carries out what it decides.
    func tick()
}

extension SimulatedNode {
    /// Asks for a tick at the engine's next deadline, unless one comes before it.
    func armTimer() {
        guard let deadline = nextDeadline, deadline < tickAt ?? .init(nanoseconds: .max) else { return }
        tickAt = deadline
        world.clock.at(deadline) { [self] in
            process.perform { [self] in
                if tickAt == deadline { tickAt = nil }
                tick()
            }
        }
    }

    /// Has the process do something after a delay.
    func later(_ delay: Duration, _ work: @escaping (Self) -> Void) {
        world.clock.after(delay) { [self] in process.perform { [self] in work(self) } }
    }
}
