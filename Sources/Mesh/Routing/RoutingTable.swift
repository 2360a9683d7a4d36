/// Which instances of one service a node knows, and which of them take calls: the registry's hints weighed against the
/// evidence of the sockets.
///
/// A value: registry events and link events go in, connections to open and to close come out. An instance is used when its
/// socket lives and its handlers answer, whatever the registry says meanwhile; it is forgotten when its record is gone and
/// its socket is dead.
public struct RoutingTable: Sendable {
    /// What is known of the connection to an instance.
    public enum LinkState: Sendable, Hashable {
        /// No handshake with this very life of the instance yet.
        case connecting(since: MeshInstant)
        /// It answered.
        case up
        /// The connection lives, the handlers do not answer.
        case unresponsive
        /// The connection broke.
        case down(since: MeshInstant)

        var isDown: Bool { if case .down = self { true } else { false } }
    }

    /// One instance.
    public struct Entry: Sendable {
        /// What the registry last said, newest life first.
        public var record: InstanceRecord
        /// The connection to that life.
        public let link: LinkID
        /// What is known of the connection.
        public var state: LinkState
        /// Whether the registry lists it at present, as far as can be known.
        public var isListed: Bool
        /// Whether it said itself that it takes nothing new.
        public var isDraining = false

        /// Whether new calls may go there.
        public var isRoutable: Bool { state == .up && record.state == .ready && !isDraining }
        /// Whether it should be serving soon, or is: such instances count where a majority is asked for.
        var isExpected: Bool { record.state == .ready && !isDraining && !state.isDown && state != .unresponsive }
    }

    /// What is to be done about connections.
    public enum Action: Sendable, Equatable {
        /// Connect to this life of an instance.
        case open(LinkID, endpoint: String, routingID: String)
        /// Give the connection up: the instance is forgotten or has been replaced.
        case close(LinkID)
    }

    /// The service that the table is for.
    public let service: String
    let limits: Limits
    private(set) var entries: [String: Entry] = [:]
    private var byLink: [LinkID: String] = [:]
    private var isRegistryReachable = true
    /// Whether the registry has given a snapshot since the table was made.
    public private(set) var hasSnapshot = false

    /// A table that knows nobody.
    public init(service: String, limits: Limits = Limits()) {
        self.service = service
        self.limits = limits
    }

    /// The instances, by name.
    public var instances: [Entry] { entries.values.sorted { $0.record.name < $1.record.name } }

    /// The instance behind a connection.
    public subscript(link link: LinkID) -> Entry? { byLink[link].flatMap { entries[$0] } }

    /// The instance of that name.
    public subscript(instance instance: String) -> Entry? { entries[instance] }

    var expectedCount: Int { entries.values.count { $0.isExpected } }

    // MARK: What the registry says

    /// Takes in what the registry said. `nextLink` names the connections that are to be opened.
    public mutating func apply(
        _ event: RegistryEvent, now: MeshInstant, nextLink: () -> LinkID
    ) -> [Action] {
        switch event {
        case .snapshot(let records):
            return applySnapshot(records, now: now, nextLink: nextLink)
        case .updated(let record):
            return list(record, now: now, nextLink: nextLink)
        case .left(let name, let epoch):
            guard name.service == service, let entry = entries[name.instance], entry.record.epoch == epoch else {
                return []
            }
            entries[name.instance]?.isListed = false
            entries[name.instance]?.isDraining = true
            return forgetTheGone(now: now)
        case .unreachable:
            isRegistryReachable = false
            return []
        case .reachable:
            isRegistryReachable = true
            return []
        }
    }

    private mutating func applySnapshot(
        _ records: [InstanceRecord], now: MeshInstant, nextLink: () -> LinkID
    ) -> [Action] {
        hasSnapshot = true
        isRegistryReachable = true
        let listed = records.filter { $0.name.service == service }
        let names = Set(listed.map(\.name.instance))
        for instance in entries.keys where !names.contains(instance) { entries[instance]?.isListed = false }
        return listed.flatMap { list($0, now: now, nextLink: nextLink) } + forgetTheGone(now: now)
    }

    private mutating func list(
        _ record: InstanceRecord, now: MeshInstant, nextLink: () -> LinkID
    ) -> [Action] {
        guard record.name.service == service else { return [] }
        guard let known = entries[record.name.instance] else { return add(record, now: now, nextLink: nextLink) }
        let isSameLife = known.record.epoch == record.epoch && known.record.nonce == record.nonce
        if isSameLife, known.record.endpoint == record.endpoint {
            entries[record.name.instance]?.record = record
            entries[record.name.instance]?.isListed = true
            return []
        }
        // An older life is believed only when the newer one is not there: a registry that was rolled back lists the past.
        guard record.epoch >= known.record.epoch || isAbsent(known, now: now) else { return [] }
        return remove(record.name.instance) + add(record, now: now, nextLink: nextLink)
    }

    /// Whether an instance is dead as far as its socket tells, or could not be reached from the beginning.
    private func isAbsent(_ entry: Entry, now: MeshInstant) -> Bool {
        switch entry.state {
        case .up, .unresponsive: false
        case .connecting(let since): now - since >= limits.pingTimeout
        case .down: true
        }
    }

    private mutating func add(
        _ record: InstanceRecord, now: MeshInstant, nextLink: () -> LinkID
    ) -> [Action] {
        let link = nextLink()
        let instance = record.name.instance
        entries[instance] = Entry(record: record, link: link, state: .connecting(since: now), isListed: true)
        byLink[link] = instance
        return [.open(link, endpoint: record.endpoint, routingID: record.routingID)]
    }

    private mutating func remove(_ instance: String) -> [Action] {
        guard let entry = entries.removeValue(forKey: instance) else { return [] }
        byLink[entry.link] = nil
        return [.close(entry.link)]
    }

    // MARK: What the sockets say

    /// Changes what is known of a connection; nil for one that is not in the table.
    public mutating func setState(_ state: LinkState, of link: LinkID, now: MeshInstant) -> [Action] {
        guard let instance = byLink[link] else { return [] }
        if case .down = state, entries[instance]?.state.isDown == true { return [] }
        entries[instance]?.state = state
        return forgetTheGone(now: now)
    }

    /// An instance said that it takes nothing new.
    public mutating func setDraining(_ link: LinkID) {
        guard let instance = byLink[link] else { return }
        entries[instance]?.isDraining = true
    }

    /// Time has passed.
    public mutating func tick(now: MeshInstant) -> [Action] { forgetTheGone(now: now) }

    /// Forgets what the registry does not list and whose socket is dead. While the registry cannot say, a dead one is
    /// tried again for ``Limits/forgetUnlistedAfter``.
    private mutating func forgetTheGone(now: MeshInstant) -> [Action] {
        let gone = entries.filter { _, entry in
            switch entry.state {
            case .up, .unresponsive: return false
            case .connecting(let since), .down(let since):
                let isHopeless = now - since >= limits.forgetUnlistedAfter
                return isRegistryReachable ? !entry.isListed : isHopeless
            }
        }
        return gone.keys.sorted().flatMap { remove($0) }
    }
}
