internal import DurableQueue
internal import DurableQueueSQLite
internal import Foundation
internal import GRDB

/// An application with a queue in its own database: takes orders, each with an entry, and works on them, until it is killed.
///
/// It prints `taken ID` and `done ID` once the transaction is committed.
@main
enum Main {
    static func main() async throws {
        let database = try DatabasePool(path: CommandLine.arguments[1])
        try await database.write { db in
            for table in ["taken", "done"] { try db.execute(sql: "CREATE TABLE IF NOT EXISTS \(table) (id TEXT)") }
        }
        let store = try SQLiteStore(database: database)
        var configuration = QueueConfiguration(name: "orders")
        // Each life may end while an entry runs: that is what this is for.
        configuration.maximumCrashes = 100_000
        let queue = DurableQueue(store: store, configuration: configuration)
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 { group.addTask { try await takeOrders(queue, database) } }
            group.addTask {
                try await queue.run { batch in
                    for delivery in batch { try await work(on: delivery, store, database) }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func takeOrders(_ queue: DurableQueue, _ database: DatabasePool) async throws {
        while true {
            let id = UUID().uuidString
            // Some take more than a page of the database.
            let payload = [UInt8](repeating: 7, count: Int.random(in: 0..<10_000))
            try await database.write { db in
                try db.execute(sql: "INSERT INTO taken VALUES (?)", arguments: [id])
                _ = try queue.enqueue(id: EntryID(id), payload: payload, in: db)
            }
            say("taken \(id)")
        }
    }

    private static func work(on delivery: Delivery, _ store: SQLiteStore, _ database: DatabasePool) async throws {
        let id = delivery.header.id.text
        try await database.write { db in
            try store.complete([delivery.identity], in: db)
            try db.execute(sql: "INSERT INTO done VALUES (?)", arguments: [id])
        }
        say("done \(id)")
    }

    /// In one write, which outlives a kill.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
}
