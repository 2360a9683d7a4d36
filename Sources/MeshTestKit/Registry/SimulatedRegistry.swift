internal import Mesh

/// A registry with the manners of Redis: records that expire in its own time, epochs handed out by it, a stream of events
/// with snapshots at its gaps; and with its faults: away, emptied, set back to an older state.
final class SimulatedRegistry {
    private struct Listed {
        var record: InstanceRecord
        var expires: MeshInstant
    }

    /// What a rollback brings back.
    private struct State {
        var listed: [InstanceName: Listed] = [:]
        var highest: [String: Epoch] = [:]
    }

    let clock: VirtualClock
    let chance: Chance
    let timeToLive: Duration
    /// How often a watcher reads everything again, whatever the events said.
    let snapshotInterval: Duration = .seconds(10)
    /// The share of events that get lost on the way to one watcher; the next one shows the gap.
    var eventLoss = 0.0
    private(set) var isAway = false
    private var state = State()
    private var saved: State?
    private var watchers: [RegistryWatcher] = []
    /// How far its clock is behind that of the host it stood on before.
    private var clockOffset: Duration = .zero

    init(clock: VirtualClock, chance: Chance, timeToLive: Duration) {
        self.clock = clock
        self.chance = chance
        self.timeToLive = timeToLive
        repeatSnapshots()
    }

    private var milliseconds: UInt64 {
        1_700_000_000_000 + UInt64((clock.now + clockOffset - MeshInstant.zero) / .milliseconds(1))
    }

    // MARK: What services ask for; nil while it is away

    func reserve(_ name: InstanceName) -> Epoch? {
        guard !isAway else { return nil }
        let old = current(name)?.epoch ?? 0
        let epoch = max(old + 1, (state.highest[name.service] ?? 0) + 1, milliseconds)
        state.highest[name.service] = epoch
        return epoch
    }

    func announce(_ record: InstanceRecord) -> Announcement? {
        guard !isAway else { return nil }
        if let known = current(record.name), known.epoch > record.epoch { return .fenced(by: known.epoch) }
        let isNews = current(record.name) != record
        state.listed[record.name] = Listed(record: record, expires: clock.now + timeToLive)
        state.highest[record.name.service] = max(state.highest[record.name.service] ?? 0, record.epoch)
        if isNews { tell(.updated(record)) }
        return .listed
    }

    func leave(_ name: InstanceName, epoch: Epoch) {
        guard !isAway, current(name)?.epoch == epoch else { return }
        state.listed[name] = nil
        tell(.left(name, epoch))
    }

    func watch(_ watcher: RegistryWatcher) {
        watchers.removeAll { !$0.process.isAlive }
        watchers.append(watcher)
        if isAway { watcher.tell(.unreachable(reason: "away")) } else { watcher.tell(snapshot) }
    }

    /// Lets go of everybody, who hold on to the registry.
    func stop() { watchers = [] }

    // MARK: Faults

    func goAway() {
        guard !isAway else { return }
        isAway = true
        tell(.unreachable(reason: "the registry is away"))
    }

    func comeBack() {
        guard isAway else { return }
        isAway = false
        for watcher in watchers {
            watcher.tell(.reachable)
            watcher.tell(snapshot)
        }
    }

    func flush() {
        state = State()
        tellEverything()
    }

    func save() { saved = state }

    /// A replica that had fallen behind takes over: what was saved is what there is, and its clock is behind.
    func rollBack(clockBehindBy lag: Duration) {
        guard let saved else { return }
        state = saved
        for name in state.listed.keys { state.listed[name]?.expires = clock.now + timeToLive }
        clockOffset = .zero - lag
        tellEverything()
    }

    // MARK: -

    private func current(_ name: InstanceName) -> InstanceRecord? {
        state.listed[name].flatMap { $0.expires > clock.now ? $0.record : nil }
    }

    var snapshot: RegistryEvent {
        let now = clock.now
        return .snapshot(state.listed.values.filter { $0.expires > now }.map(\.record).sorted { $0.name < $1.name })
    }

    private func tell(_ event: RegistryEvent) {
        for watcher in watchers {
            if chance.isTrue(eventLoss) {
                watcher.hasGap = true
            } else if watcher.hasGap, !isAway {
                watcher.tell(snapshot)
            } else {
                watcher.tell(event)
            }
        }
    }

    private func tellEverything() {
        guard !isAway else { return }
        for watcher in watchers { watcher.tell(snapshot) }
    }

    private func repeatSnapshots() {
        clock.after(snapshotInterval) { [self] in
            tellEverything()
            repeatSnapshots()
        }
    }
}
