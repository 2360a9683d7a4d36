internal import DurableQueueSQLite
internal import DurableQueueTestKit
internal import GRDB
internal import TestSupport
internal import Testing

@Suite struct SQLiteConformanceTests {
    @Test(arguments: StoreConformance.Rule.allCases)
    func inAPool(_ rule: StoreConformance.Rule) async throws {
        let folder = try TemporaryFolder("sqlite")
        try await StoreConformance {
            try SQLiteStore(database: try DatabasePool(path: folder.path + "/app.sqlite"))
        }.check(rule)
    }

    static let shortHistory = {
        var options = SQLiteStoreOptions()
        options.prefix = "jobs_"
        options.historyRecords = 10
        return options
    }()

    /// One connection for everything, a prefix of its own, and few records for those that follow.
    @Test(arguments: StoreConformance.Rule.allCases)
    func inAQueueWithAShortHistory(_ rule: StoreConformance.Rule) async throws {
        let folder = try TemporaryFolder("sqlite")
        var configuration = Configuration()
        configuration.journalMode = .wal
        let database = try DatabaseQueue(path: folder.path + "/app.sqlite", configuration: configuration)
        try await StoreConformance(
            refuse: { refuses in
                try await database.writeWithoutTransaction { db in
                    try db.execute(sql: "PRAGMA query_only = \(refuses ? "ON" : "OFF")")
                }
            },
            open: { try SQLiteStore(database: database, options: Self.shortHistory) }
        ).check(rule)
    }
}
