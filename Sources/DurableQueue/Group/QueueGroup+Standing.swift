internal import FoundationEssentials
internal import Synchronization

extension QueueGroup {
    /// Where the queue stands, for a ``QueueDesk``: what is served here, who else holds the own entries, and what is waited for.
    public var standing: QueueStanding {
        guard let status else {
            // Below every ownership: whoever owns the entries of another origin is read first.
            return QueueStanding(
                origins: Dictionary(uniqueKeysWithValues: queue.ownedOrigins.map { ($0, 0) }),
                replicas: queue.multicastReplicas(directory.withLock { $0.instances }) ?? [])
        }
        let owned = status.groups.filter(\.isOwnedHere)
        var standing = QueueStanding(origins: [:])
        for group in owned { standing.origins[group.origin] = group.owner?.number ?? 0 }
        guard let own = status.groups.first(where: { $0.origin == queue.store.origin }) else { return standing }
        standing.replicas = own.members.filter { $0 != member }.map { other in
            let lag = own.lags[other.name]
            return QueueReport.Replica(
                member: other.name, instance: status.instances[other.name],
                lagRecords: lag.map { Int(clamping: $0) }, state: lag == nil ? "unknown" : "following")
        }
        standing.waitingFor = status.groups.flatMap { Self.waits(of: $0, status) }
        return standing
    }

    private static func waits(of group: ReplicationStatus.Group, _ status: ReplicationStatus) -> [String] {
        let origin = group.origin.uuidString.prefix(8).lowercased()
        let names = { (members: [MemberID]) in
            members.map { status.instances[$0.name] ?? "the member \($0.name.prefix(8)), which is not listed" }
                .joined(separator: ", ")
        }
        var waits: [String] = []
        if !group.waitingFor.isEmpty {
            waits.append("to own the entries of \(origin): the reports of \(names(group.waitingFor))")
        }
        guard group.isOwnedHere else { return waits }
        if group.members.count <= group.replicas {
            waits.append(
                "to acknowledge entries of \(origin): \(group.replicas + 1 - group.members.count) more members with this queue"
            )
        } else if group.lags.count < group.replicas {
            let missing = group.members.filter { $0 != status.member && group.lags[$0.name] == nil }
            waits.append("to acknowledge entries of \(origin): \(names(missing)) to catch up")
        }
        if !group.mayRun { waits.append("to run entries of \(origin): answers of more than half of its members") }
        return waits
    }
}
