internal import GRDB

/// Notices every commit in which records were written, whoever wrote them. Used by the connection that writes alone.
final class CommitObserver: TransactionObserver, @unchecked Sendable {
    private let table: String
    private var hasRecords = false
    var didCommit: ((Database) -> Void)?

    init(table: String) { self.table = table }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool {
        if case .insert(let table) = eventKind { table == self.table } else { false }
    }

    func databaseDidChange(with event: DatabaseEvent) {
        hasRecords = true
        stopObservingDatabaseChangesUntilNextTransaction()
    }

    func databaseDidCommit(_ db: Database) {
        if hasRecords { didCommit?(db) }
        hasRecords = false
    }

    func databaseDidRollback(_ db: Database) { hasRecords = false }
}
