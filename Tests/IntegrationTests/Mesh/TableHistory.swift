internal import Mesh
internal import Synchronization
internal import TestSupport

/// Everything that a node's routing table of jobmanagers was, with the time of each change.
final class TableHistory: Sendable {
    struct Moment: Sendable {
        let at: ContinuousClock.Instant
        let entries: [RoutingTable.Entry]

        func isRoutable(_ instance: String) -> Bool {
            entries.contains { $0.record.name.instance == instance && $0.isRoutable }
        }
    }

    private let moments = Mutex<[Moment]>([])

    /// Begins to watch.
    init(_ node: MeshNode) {
        node.observe("jobmanager") { [weak self] entries in
            self?.moments.withLock { $0.append(Moment(at: .now, entries: entries)) }
        }
    }

    var all: [Moment] { moments.withLock { $0 } }

    /// What the table says of an instance now.
    func entry(_ instance: String) -> RoutingTable.Entry? {
        all.last?.entries.first { $0.record.name.instance == instance }
    }

    /// Waits until new calls may go to that instance.
    func waitUntilRoutable(_ instance: String, within deadline: Duration = .seconds(10)) async throws {
        try await eventually(within: deadline, "\(instance) is routable") { all.last?.isRoutable(instance) ?? false }
    }

    /// Waits until new calls no longer go there, and gives how long after `time` that was.
    func waitUntilUnroutable(_ instance: String, after time: ContinuousClock.Instant) async throws -> Duration {
        var found: Moment?
        try await eventually(within: .seconds(10), "\(instance) is no longer routable") {
            found = all.first { $0.at >= time && !$0.isRoutable(instance) }
            return found != nil
        }
        return found!.at - time
    }
}
