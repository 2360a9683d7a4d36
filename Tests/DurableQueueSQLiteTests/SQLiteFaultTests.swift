internal import Dispatch
internal import DurableQueue
internal import Foundation
internal import GRDB
internal import TestSupport
internal import Testing

@testable internal import DurableQueueSQLite

/// Databases that are full, read-only, damaged, set up otherwise, or somebody else's.
@Suite(.timeLimit(.minutes(1))) struct SQLiteFaultTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder("sqlite")
        path = folder.path + "/app.sqlite"
    }

    private func entry(_ sequence: UInt64, in store: SQLiteStore, bytes: Int = 100) -> Entry {
        Entry(
            identity: EntryIdentity(origin: store.origin, sequence: sequence), id: "entry \(sequence)",
            enqueued: Timestamp(milliseconds: 1),
            payload: [UInt8](repeating: UInt8(truncatingIfNeeded: sequence), count: bytes))
    }

    private func refusal(_ body: () async throws -> Void) async throws -> DurableQueueError {
        try #require(await #expect(throws: DurableQueueError.self) { try await body() })
    }

    @Test func aFullDiskRefusesWhatDoesNotFitAndGoesOn() async throws {
        let database = try DatabasePool(path: path)
        let store = try SQLiteStore(database: database)
        try await store.append([.add(entry(1, in: store))])
        // SQLite reports the bound of its pages as it reports a full disk.
        try await database.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count")!
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
        }
        let error = try await refusal { try await store.append([.add(entry(2, in: store, bytes: 50_000))]) }
        #expect(error.code == .diskFull)
        #expect(error.message.contains(path) && error.message.contains("free some space"))
        #expect(store.status.refusal?.code == .diskFull)
        // Committed together with one that fits, each is answered for itself; the status goes on saying what was refused.
        let (large, small) = (entry(3, in: store, bytes: 50_000), entry(4, in: store))
        let gate = DispatchSemaphore(value: 0)
        await withCheckedContinuation { continuation in
            store.submit([], until: .written) { _ in
                continuation.resume()
                gate.wait()
            }
        }
        store.submit([.add(large)], until: .synced) { #expect($0?.code == .diskFull) }
        let status = await withCheckedContinuation { continuation in
            store.submit([.add(small)], until: .synced) { error in
                #expect(error == nil)
                continuation.resume(returning: store.status)
            }
            gate.signal()
        }
        #expect(status.refusal?.code == .diskFull && status.failure == nil)
        // The application's own transactions are taken as well.
        try await database.write { db in try store.complete([small.identity], in: db) }
        #expect(store.status.refusal == nil)
        await store.close()
        try database.close()
        let again = try SQLiteStore(database: try DatabasePool(path: path))
        #expect(again.recovery.entries.map(\.identity.sequence) == [1, 4])
        await again.close()
    }

    @Test func aReadOnlyDatabaseIsNotOpened() async throws {
        try DatabasePool(path: path).close()
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabasePool(path: path, configuration: configuration)
        let error = try await refusal { _ = try SQLiteStore(database: database) }
        #expect(error.code == .readOnly)
    }

    @Test func aDatabaseThatBecomesReadOnlyRefusesAndGoesOnLater() async throws {
        let database = try DatabasePool(path: path)
        let store = try SQLiteStore(database: database)
        try await database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = ON") }
        #expect(try await refusal { try await store.append([.add(entry(1, in: store))]) }.code == .readOnly)
        try await database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = OFF") }
        try await store.append([.add(entry(2, in: store))])
        #expect(await store.snapshot().entries.map(\.identity.sequence) == [2])
        await store.close()
    }

    @Test func aDatabaseWithoutAWriteAheadLogIsRefused() async throws {
        let database = try DatabaseQueue(path: path)
        let error = try await refusal { _ = try SQLiteStore(database: database) }
        #expect(error.code == .misconfigured)
        #expect(error.message.contains("journal mode is “delete”"))
        let memory = try await refusal { _ = try SQLiteStore(database: try DatabaseQueue()) }
        #expect(memory.code == .misconfigured)
    }

    @Test(arguments: ["", "1", "a b", "x;DROP TABLE y"]) func prefixesThatAreNoneAreRefused(_ prefix: String)
        async throws
    {
        var options = SQLiteStoreOptions()
        options.prefix = prefix
        let error = try await refusal { _ = try SQLiteStore(database: try DatabasePool(path: path), options: options) }
        #expect(error.code == .misconfigured)
    }

    @Test func commitsAreForcedToTheDisk() async throws {
        let database = try DatabasePool(path: path)
        let store = try SQLiteStore(database: database)
        try await store.append([.add(entry(1, in: store))], until: .written)
        #expect(store.status.synchronizations == 0)
        try await store.flush()
        #expect(store.status.synchronizations == 1)
        try await store.flush()
        #expect(store.status.synchronizations == 1)
        // What the application commits is on the disk as well.
        #expect(try await database.writeWithoutTransaction { try $0.isSynchronous() })
        await store.close()
    }

    @Test func manyWaitersShareOneCommit() async throws {
        let store = try SQLiteStore(database: try DatabasePool(path: path))
        try await withThrowingTaskGroup { group in
            for sequence in 1...500 as ClosedRange<UInt64> {
                group.addTask { try await store.append([.add(entry(sequence, in: store))]) }
            }
            try await group.waitForAll()
        }
        #expect(store.status.synchronizations < 400)
        await store.close()
    }

    @Test func aQueueThatSomebodyElseHasIsNotOpened() async throws {
        let database = try DatabasePool(path: path)
        let store = try SQLiteStore(database: database)
        let error = try await refusal { _ = try SQLiteStore(database: try DatabasePool(path: path)) }
        #expect(error.code == .locked)
        #expect(error.message.contains("another process has it"))
        // Another queue in the same database is another matter.
        var options = SQLiteStoreOptions()
        options.prefix = "second_"
        let second = try SQLiteStore(database: database, options: options)
        #expect(second.origin != store.origin)
        await second.close()
        await store.close()
        let again = try SQLiteStore(database: try DatabasePool(path: path))
        #expect(again.origin == store.origin)
        await again.close()
    }

    @Test func anotherProcessThatWritesIsWaitedForAndThenNamed() async throws {
        var options = SQLiteStoreOptions()
        options.lockWait = .milliseconds(200)
        let store = try SQLiteStore(database: try DatabasePool(path: path), options: options)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabasePool(path: path, configuration: configuration)
        let entry = entry(1, in: store)
        try await other.writeWithoutTransaction { try $0.beginTransaction(.immediate) }
        let error = try await refusal { try await store.append([.add(entry)]) }
        #expect(error.code == .locked)
        #expect(error.message.contains("lockWait"))
        #expect(store.status.failure == nil && store.status.refusal?.code == .locked)
        async let appended: Void = store.append([.add(entry)])
        try await other.writeWithoutTransaction { try $0.commit() }
        try await appended
        #expect(await store.snapshot().entries.count == 1)
        await store.close()
    }

    @Test func whatIsNoDatabaseIsNotOpened() async throws {
        let database = try DatabasePool(path: path)
        let store = try SQLiteStore(database: database)
        let entries = (1...100).map { entry($0, in: store, bytes: 1000) }
        try await store.append(entries.map { .add($0) })
        await store.close()
        try await database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try database.close()
        var bytes = try Data(contentsOf: URL(filePath: path))
        for offset in 4096..<bytes.count where offset % 4096 < 200 { bytes[offset] ^= 0x55 }
        try bytes.write(to: URL(filePath: path))
        let error = try await refusal { _ = try SQLiteStore(database: try DatabasePool(path: path)) }
        #expect(error.code == .corrupted)
        #expect(error.message.contains(".recover"))
    }

    /// SQLite has no checksums: a byte that the disk has changed is found by the entry's own.
    @Test func aPayloadThatIsNotWhatWasEnqueuedIsNoticed() async throws {
        let database = try DatabasePool(path: path)
        let store = try SQLiteStore(database: database)
        let (first, second) = (entry(1, in: store), entry(2, in: store))
        try await store.append([.add(first), .add(second)])
        try await database.write { try $0.execute(sql: "UPDATE queue_blob SET bytes = zeroblob(100) WHERE id = 1") }
        let error = try await refusal { _ = try await store.entries([first.identity]) }
        #expect(error.code == .corrupted)
        #expect(error.message.contains("\(first.identity)"))
        #expect(try await store.entries([second.identity]) == [second])
        await store.close()
    }

    @Test func aFailureToSynchronizeIsFatal() {
        let cause = DatabaseError(resultCode: .SQLITE_IOERR_FSYNC, message: "disk I/O error")
        let error = DurableQueueError(cause, while: "committing", in: path)
        #expect(error.code == .syncFailed)
        #expect(!error.isPassing)
    }

    /// The files as a process that is killed leaves them: with all that was acknowledged, written only or forced to the disk.
    @Test func aProcessThatDiesLeavesWhatWasAcknowledged() async throws {
        let store = try SQLiteStore(database: try DatabasePool(path: path))
        for sequence in 1...20 as ClosedRange<UInt64> {
            try await store.append([.add(entry(sequence, in: store))], until: sequence % 2 == 0 ? .synced : .written)
            guard sequence % 5 == 0 else { continue }
            let copy = try folder.subfolder("copy \(sequence)")
            for file in ["app.sqlite", "app.sqlite-wal"] {
                try FileManager.default.copyItem(atPath: folder.path + "/" + file, toPath: copy + "/" + file)
            }
            let left = try SQLiteStore(database: try DatabasePool(path: copy + "/app.sqlite"))
            #expect(left.recovery.entries.map(\.identity.sequence) == Array(1...sequence))
            #expect(left.origin == store.origin)
            await left.close()
        }
        await store.close()
    }

    @Test func tablesOfALaterVersionAreLeftAlone() async throws {
        let database = try DatabasePool(path: path)
        await (try SQLiteStore(database: database)).close()
        try await database.write { try $0.execute(sql: "UPDATE queue_store SET version = 99") }
        let error = try await refusal { _ = try SQLiteStore(database: database) }
        #expect(error.code == .misconfigured)
        #expect(error.message.contains("later version (99"))
    }
}
