internal import Mesh

/// Which instance has the store that a member is, as the registry and the sockets say.
struct MemberDirectory: Sendable {
    private struct Place: Sendable {
        let name: InstanceName
        let isReachable: Bool
        let startedMilliseconds: Int64
    }

    private var places: [MemberID: Place] = [:]

    /// Nobody.
    init() {}

    /// The instances that name a store under an attribute of their record.
    init(_ entries: [RoutingTable.Entry], attribute: String) {
        for entry in entries {
            guard let store = entry.record.attributes[attribute] else { continue }
            let place = Place(
                name: entry.record.name,
                isReachable: entry.state == .up && !entry.isDraining && entry.record.state != .draining,
                startedMilliseconds: entry.record.startedMilliseconds)
            // A store that was adopted under another name: the record of the former instance is still listed.
            if let other = places[MemberID(store)], Self.isBetter(other, than: place) { continue }
            places[MemberID(store)] = place
        }
    }

    private static func isBetter(_ one: Place, than other: Place) -> Bool {
        (one.isReachable ? 1 : 0, one.startedMilliseconds) > (other.isReachable ? 1 : 0, other.startedMilliseconds)
    }

    /// The members that are listed, so that it makes sense to send to them.
    var present: Set<MemberID> { Set(places.keys) }

    /// The members that answer and do not leave.
    var reachable: Set<MemberID> { Set(places.filter { $0.value.isReachable }.keys) }

    /// The names of the instances.
    var instances: [String: String] {
        Dictionary(places.map { ($0.key.name, $0.value.name.instance) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(member: MemberID) -> InstanceName? { places[member]?.name }
}
