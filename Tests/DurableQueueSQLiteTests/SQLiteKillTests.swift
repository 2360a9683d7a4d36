internal import DurableQueue
internal import DurableQueueSQLite
internal import Foundation
internal import GRDB
internal import TestSupport
internal import Testing

/// A process that is killed by -9 at any moment of its work with a queue in its database, again and again.
@Suite(.timeLimit(.minutes(2))) struct SQLiteKillTests {
    /// What lives of the process have acknowledged.
    struct Acknowledged {
        var taken: Set<String> = []
        var done: Set<String> = []

        mutating func add(_ lines: [String]) {
            for line in lines {
                if line.hasPrefix("taken ") { taken.insert(String(line.dropFirst(6))) }
                if line.hasPrefix("done ") { done.insert(String(line.dropFirst(5))) }
            }
        }
    }

    @Test func aKilledProcessLeavesWhatWasAcknowledgedAndNothingHalfDone() async throws {
        let folder = try TemporaryFolder("sqlite-kill")
        let path = folder.path + "/app.sqlite"
        var acknowledged = Acknowledged()
        for life in 1...20 {
            let process = try ChildProcess.start(Program.built("chaos-application"), [path])
            // Every fourth is killed as it opens what the last has left.
            if life % 4 != 0 { try await process.waitForLine { $0.hasPrefix("done ") } }
            // What matters is that it comes at any moment.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0..<150)))
            #expect(try await process.kill() == .signal(SIGKILL), "\(process.standardError)")
            acknowledged.add(process.outputLines)
        }
        try await check(path, acknowledged)
    }

    private func check(_ path: String, _ acknowledged: Acknowledged) async throws {
        let database = try DatabasePool(path: path)
        let store = try SQLiteStore(database: database)
        let entries = await store.snapshot().entries
        let completed = entries.filter { if case .completed = $0.progress.status { true } else { false } }
        let (taken, done) = try await database.read { db in
            #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"])
            return (
                try String.fetchAll(db, sql: "SELECT id FROM taken"),
                try String.fetchAll(db, sql: "SELECT id FROM done")
            )
        }
        // An order and its entry are there both or not at all, and so are what was done and the completion; each once.
        #expect(taken.sorted() == entries.map(\.header.id.text).sorted())
        #expect(done.sorted() == completed.map(\.header.id.text).sorted())
        #expect(acknowledged.taken.subtracting(taken) == [])
        #expect(acknowledged.done.subtracting(done) == [])
        // Those that are not completed can be read, and are whole.
        let left = Set(entries.map(\.identity)).subtracting(completed.map(\.identity))
        #expect(try await store.entries(Array(left)).count == left.count)
        #expect(!acknowledged.taken.isEmpty && acknowledged.done.count >= 15)
        print(
            """
            killed 20 times: \(acknowledged.taken.count) of \(taken.count) orders acknowledged, \
            \(acknowledged.done.count) of \(done.count) completions
            """)
        await store.close()
    }
}
