internal import DurableQueue
internal import DurableQueueSQLite
internal import Foundation
internal import GRDB
internal import TestSupport
internal import Testing

/// What an application does within its own transactions, and what the queue makes of it.
@Suite(.timeLimit(.minutes(1))) struct SQLiteTransactionTests {
    /// An application with a table of its own beside a queue.
    final class Application: Sendable {
        let folder: TemporaryFolder
        let database: DatabasePool
        let store: SQLiteStore
        let queue: DurableQueue

        init(in folder: TemporaryFolder, _ change: (inout QueueConfiguration) -> Void = { _ in }) throws {
            self.folder = folder
            database = try DatabasePool(path: folder.path + "/app.sqlite")
            try database.write { try $0.execute(sql: "CREATE TABLE IF NOT EXISTS effect (id TEXT, bytes INTEGER)") }
            store = try SQLiteStore(database: database)
            var configuration = QueueConfiguration(name: "orders")
            configuration.retryDelay = .milliseconds(5)
            change(&configuration)
            queue = DurableQueue(store: store, configuration: configuration)
        }

        convenience init(_ change: (inout QueueConfiguration) -> Void = { _ in }) throws {
            try self.init(in: try TemporaryFolder("sqlite"), change)
        }

        func number(_ sql: String) throws -> Int? { try database.read { try Int.fetchOne($0, sql: sql) } }

        /// Runs the queue until nothing is left in it.
        func runUntilEmpty(_ handler: @escaping @Sendable ([Delivery]) async throws -> Void) async throws {
            try await run(handler, until: "the queue is empty") {
                self.queue.status.depth == 0 && self.queue.status.inFlight == 0
            }
        }

        func run(
            _ handler: @escaping @Sendable ([Delivery]) async throws -> Void, until what: String,
            _ condition: @Sendable () -> Bool
        ) async throws {
            try await withThrowingTaskGroup { group in
                group.addTask { try await self.queue.run(handler) }
                try await eventually(what, condition)
                group.cancelAll()
            }
        }
    }

    struct Abort: Error {}

    @Test func anEntryAndItsRowAreThereBothOrNotAtAll() async throws {
        let app = try Application()
        let taken = try await app.database.write { db in
            try db.execute(sql: "INSERT INTO effect VALUES ('order', 0)")
            return try app.queue.enqueue(id: "order", payload: [1, 2, 3], in: db)
        }
        #expect(app.queue.status.depth == 1)
        let again = try await app.database.write { try app.queue.enqueue(id: "order", payload: [9], in: $0) }
        #expect(again == Receipt(identity: taken.identity, isKnown: true))
        await #expect(throws: Abort.self) {
            try await app.database.write { db in
                try db.execute(sql: "INSERT INTO effect VALUES ('second', 0)")
                _ = try app.queue.enqueue(id: "second", payload: [4], in: db)
                throw Abort()
            }
        }
        #expect(app.queue.status.depth == 1)
        #expect(try app.number("SELECT count(*) FROM effect") == 1)
        #expect(try app.number("SELECT count(*) FROM queue_entry") == 1)
        // Its id is free.
        #expect(try await !app.queue.enqueue(id: "second", payload: [4]).isKnown)
        let found = await app.store.entries(of: app.store.origin, from: 0, limit: 10)
        #expect(found.map(\.header.id.text) == ["order", "second"])
        await app.queue.close()
    }

    @Test func whatASavepointTakesBackWasNotTaken() async throws {
        let app = try Application()
        try await app.database.write { db in
            _ = try app.queue.enqueue(id: "kept", payload: [1], in: db)
            _ = try app.queue.enqueue(id: "kept", payload: [1], in: db)
            try db.inSavepoint {
                _ = try app.queue.enqueue(id: "taken back", payload: [2], in: db)
                return .rollback
            }
        }
        #expect(app.queue.status.depth == 1)
        #expect(try await !app.queue.enqueue(id: "taken back", payload: [2]).isKnown)
        await app.queue.close()
    }

    @Test func aCompletionIsPartOfTheTransactionWithItsEffect() async throws {
        let app = try Application { $0.batchEntries = 1 }
        for number in 1...5 { _ = try await app.queue.enqueue(id: "entry \(number)", payload: [1, 2]) }
        try await app.runUntilEmpty { batch in
            for delivery in batch {
                await #expect(throws: Abort.self) {
                    try await app.database.write { db in
                        try db.execute(sql: "INSERT INTO effect VALUES ('lost', 0)")
                        try app.store.complete([delivery.identity], in: db)
                        throw Abort()
                    }
                }
                try await app.database.write { db in
                    try db.execute(
                        sql: "INSERT INTO effect VALUES (?, ?)",
                        arguments: [delivery.header.id.text, delivery.payload.count])
                    try app.store.complete([delivery.identity], in: db)
                }
                // A second time, as after a restart or a timeout, it is refused, and so is its effect.
                let error = await #expect(throws: DurableQueueError.self) {
                    try await app.database.write { db in
                        try db.execute(sql: "INSERT INTO effect VALUES ('twice', 0)")
                        try app.store.complete([delivery.identity], in: db)
                    }
                }
                #expect(error?.code == .unknownEntry)
            }
        }
        #expect(try app.number("SELECT count(*) FROM effect") == 5)
        #expect(try app.number("SELECT count(*) FROM effect WHERE id LIKE 'entry %'") == 5)
        #expect(try app.number("SELECT count(*) FROM queue_blob") == 0)
        #expect(try app.number("SELECT count(*) FROM queue_entry WHERE status = 'completed'") == 5)
        await app.queue.close()
    }

    /// The queue hears of it though no handler of its own was involved.
    @Test func theQueueLearnsOfCompletionsByItself() async throws {
        let app = try Application { $0.maximumEntries = 1 }
        let receipt = try await app.queue.enqueue(id: "one", payload: [1])
        await #expect(throws: DurableQueueError.self) { _ = try await app.queue.enqueue(id: "two", payload: [1]) }
        try await app.database.write { try app.store.complete([receipt.identity], in: $0) }
        #expect(app.queue.status.depth == 0)
        _ = try await app.queue.enqueue(id: "two", payload: [1])
        await app.queue.close()
        let again = try Application(in: app.folder)
        #expect(again.store.recovery.entries.map(\.header.id.text) == ["one", "two"])
        #expect(again.queue.status.depth == 1)
        await again.queue.close()
    }

    @Test func aWorkerKeepsThePayload() async throws {
        let app = try Application { $0.dedupeWindow = .zero }
        let payload = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let receipt = try await app.queue.enqueue(payload: payload)
        let place = try await app.database.write { db in
            let place = try app.store.keepPayload(of: receipt.identity, in: db)
            try app.store.complete([receipt.identity], in: db)
            return place
        }
        try await app.run({ _ in }, until: "the id is forgotten") { app.store.status.entryCount == 0 }
        #expect(place.length == payload.count)
        #expect(try await app.database.read { try app.store.payload(at: place, in: $0) } == payload)
        let bytes = try await app.database.read {
            try [UInt8](Data.fetchOne($0, sql: "SELECT bytes FROM queue_blob WHERE id = ?", arguments: [place.blob])!)
        }
        #expect(bytes == payload)
        try await app.database.write { try app.store.releasePayload(place, in: $0) }
        #expect(try app.number("SELECT count(*) FROM queue_blob") == 0)
        let error = await #expect(throws: DurableQueueError.self) {
            try await app.database.write { try app.store.releasePayload(place, in: $0) }
        }
        #expect(error?.code == .unknownEntry)
        await app.queue.close()
    }

    @Test func aLargeWorkloadIsWrittenOnce() async throws {
        let app = try Application { $0.dedupeWindow = .zero }
        let workload = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let receipts = try await app.database.write { db in
            let whole = try app.store.writePayload(workload, in: db)
            let receipts = try (0..<10).map { part in
                try app.queue.enqueue(
                    id: "part \(part)", payload: whole.part(offset: part * 100_000, length: 100_000), in: db)
            }
            try app.store.releasePayload(whole, in: db)
            return receipts
        }
        #expect(try app.number("SELECT count(*) FROM queue_blob") == 1)
        #expect(try app.number("SELECT sum(length(bytes)) FROM queue_blob") == 1_000_000)
        let parts = try await app.store.entries(receipts.map(\.identity))
        #expect(parts.flatMap(\.payload) == workload)
        #expect(app.store.status.liveBytes == 1_000_000)
        try await app.runUntilEmpty { batch in
            for delivery in batch { #expect(delivery.payload.count == 100_000) }
        }
        try await app.store.flush()
        #expect(try app.number("SELECT count(*) FROM queue_blob") == 0)
        await app.queue.close()
    }

    @Test func theBoundHoldsInTransactionsToo() async throws {
        let app = try Application { $0.maximumEntries = 2 }
        let error = await #expect(throws: DurableQueueError.self) {
            try await app.database.write { db in
                for _ in 0..<3 { _ = try app.queue.enqueue(payload: [1], in: db) }
            }
        }
        #expect(error?.code == .full)
        #expect(app.queue.status.depth == 0)
        _ = try await app.queue.enqueue(payload: [1])
        await app.queue.close()
    }

    /// Intakes of both kinds at once; each number is given once, and everything is run.
    @Test func bothWaysAtOnce() async throws {
        let app = try Application()
        try await withThrowingTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    if number % 2 == 0 { return try await app.queue.enqueue(id: "\(number)", payload: [1]).identity }
                    return try await app.database.write { try app.queue.enqueue(id: "\(number)", payload: [2], in: $0) }
                        .identity
                }
            }
            var identities: Set<EntryIdentity> = []
            for try await identity in group { #expect(identities.insert(identity).inserted) }
            #expect(identities.count == 100)
        }
        try await app.runUntilEmpty { _ in }
        try await app.store.flush()
        #expect(try app.number("SELECT count(*) FROM queue_entry WHERE status = 'completed'") == 100)
        await app.queue.close()
    }

    @Test func aTransactionThatIsNoneIsRefused() async throws {
        let app = try Application()
        let receipt = try await app.queue.enqueue(payload: [1])
        let error = #expect(throws: DurableQueueError.self) {
            try app.database.writeWithoutTransaction { try app.store.complete([receipt.identity], in: $0) }
        }
        #expect(error?.code == .misconfigured)
        let second = #expect(throws: DurableQueueError.self) {
            try app.database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                try db.inTransaction {
                    try app.store.complete([receipt.identity], in: db)
                    return .commit
                }
            }
        }
        #expect(second?.code == .misconfigured)
        #expect(second?.message.contains("synchronous = FULL") == true)
        await app.queue.close()
    }
}
