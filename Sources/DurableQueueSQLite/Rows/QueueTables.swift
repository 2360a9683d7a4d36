internal import DurableQueue
internal import FoundationEssentials
internal import GRDB

/// The tables of one queue in the application's database.
///
/// | table | a row is |
/// |---|---|
/// | `store` | the store: the UUID that is its origin, the version of these tables, the highest sequence that it has given out |
/// | `blob` | bytes, written once: `keeps` counts those of the application that keep them; without any they go with the last entry |
/// | `entry` | an entry: what was enqueued, what became of it, and which part of which blob is its payload |
/// | `record` | a change, with its number and without the payload; the oldest are let go |
/// | `mark` | how far the replication of an origin has come |
struct QueueTables: Sendable {
    let prefix: String

    var store: String { prefix + "store" }
    var blob: String { prefix + "blob" }
    var entry: String { prefix + "entry" }
    var record: String { prefix + "record" }
    var mark: String { prefix + "mark" }

    init(prefix: String) throws(DurableQueueError) {
        let isSound = !prefix.isEmpty && prefix.utf8.allSatisfy { Self.letters.contains($0) }
        guard isSound, prefix.utf8.first.map({ !(48...57).contains($0) }) == true else {
            throw DurableQueueError(
                .misconfigured,
                "“\(prefix)” cannot begin the names of tables: give letters, digits and underscores, a letter first")
        }
        self.prefix = prefix
    }

    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".utf8)

    /// What brings the tables from each version to the next. They are counted in `store`, beside whatever the application migrates by.
    private var migrations: [String] {
        [
            """
            CREATE TABLE \(blob) (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL, keeps INTEGER NOT NULL DEFAULT 0);
            CREATE TABLE \(entry) (
                origin TEXT NOT NULL, sequence INTEGER NOT NULL, id TEXT NOT NULL, key TEXT, enqueued INTEGER NOT NULL,
                size INTEGER NOT NULL, status TEXT NOT NULL, ended INTEGER, reason INTEGER, error TEXT,
                runs INTEGER NOT NULL, failures INTEGER NOT NULL, crashes INTEGER NOT NULL, lastError TEXT,
                holders TEXT NOT NULL, completedBy TEXT NOT NULL, hasPayload INTEGER NOT NULL,
                blob INTEGER, offset INTEGER NOT NULL, checksum INTEGER NOT NULL,
                PRIMARY KEY (origin, sequence)
            ) WITHOUT ROWID;
            CREATE INDEX \(prefix)entryBlob ON \(entry) (blob) WHERE blob IS NOT NULL;
            CREATE TABLE \(record) (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
            CREATE TABLE \(mark) (origin TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
            """
        ]
    }

    /// Makes the tables or brings them up to date; the store's origin.
    func prepare(_ db: Database) throws -> UUID {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS \(store) (
                    one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, origin TEXT NOT NULL,
                    highest INTEGER NOT NULL, flushes INTEGER NOT NULL);
                INSERT OR IGNORE INTO \(store) VALUES (1, 0, '\(UUID().uuidString)', 0, 0);
                """)
        guard let row = try Row.fetchOne(db, sql: "SELECT version, origin FROM \(store)"),
            let origin = UUID(uuidString: row["origin"])
        else { throw DurableQueueError(.corrupted, "the table \(store) of \(db.description) says not whose it is") }
        let version: Int = row["version"]
        guard version <= migrations.count else {
            throw DurableQueueError(
                .misconfigured,
                "the tables \(prefix)… were made by a later version (\(version), this one knows \(migrations.count)); nothing was changed: run that one"
            )
        }
        for migration in migrations[version...] { try db.execute(sql: migration) }
        try db.execute(sql: "UPDATE \(store) SET version = ?", arguments: [migrations.count])
        return origin
    }
}
