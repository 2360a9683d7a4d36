internal import DurableQueue
internal import FoundationEssentials
internal import GRDB

/// What records do to the rows. To be used within a transaction.
struct QueueRows: Sendable {
    let tables: QueueTables
    let coding: RecordCoding
    let origin: UUID

    // MARK: Records

    /// Applies a record, and notes it with the next number.
    ///
    /// - Parameter payload: where the payload of an entry is that the record adds; nil has it written.
    func apply(_ record: StoreRecord, payload: BlobReference? = nil, in db: Database) throws {
        switch record {
        case .add(let entry):
            guard try row(of: entry.identity, in: db) == nil else { return }
            try note(.add(Entry(header: entry.header, payload: [])), in: db)
            let place = try payload ?? write(entry.payload, in: db)
            let checksum = CRC32C.checksum(entry.payload)
            try put(EntryRow(stored: StoredEntry(header: entry.header), place: place, checksum: checksum), in: db)
            try noteSequence(entry.identity, in: db)
        case .keep(let stored, let payload):
            try note(.keep(stored, payload: []), in: db)
            try keep(stored, stored.progress.hasPayload ? payload : [], in: db)
        case .mark(_, let origin):
            let bytes = try note(record, in: db)
            try run("INSERT OR REPLACE INTO \(tables.mark) VALUES (?, ?)", [origin.uuidString, bytes], in: db)
        case .forget(let identities):
            try note(record, in: db)
            for identity in identities { try remove(identity, in: db) }
        default:
            try note(record, in: db)
            try change(record, in: db)
        }
    }

    private func keep(_ stored: StoredEntry, _ payload: [UInt8], in db: Database) throws {
        let old = try row(of: stored.identity, in: db)?.place
        let place = try write(payload, in: db)
        try put(EntryRow(stored: stored, place: place, checksum: CRC32C.checksum(payload)), in: db)
        if let old { try removeUnneeded(old.blob, in: db) }
        try noteSequence(stored.identity, in: db)
    }

    private func change(_ record: StoreRecord, in db: Database) throws {
        switch record {
        case .run(let identities): try change(identities, in: db) { $0.begin() }
        case .release(let identities): try change(identities, in: db) { $0.status = .waiting }
        case .fail(let identity, let error): try change([identity], in: db) { $0.fail(error) }
        case .complete(let identities, let time, let keepsPayload):
            try change(identities, in: db) { progress in
                progress.status = .completed(time)
                progress.hasPayload = progress.hasPayload && keepsPayload
            }
        case .bury(let identity, let letter): try change([identity], in: db) { $0.bury(letter) }
        case .revive(let identity): try change([identity], in: db) { $0.revive() }
        case .held(let identities, let member): try change(identities, in: db) { $0.holders.insert(member) }
        case .completedElsewhere(let identities, let member):
            try change(identities, in: db) { $0.completedBy.insert(member) }
        case .add, .keep, .mark, .forget: break
        }
    }

    private func change(
        _ identities: [EntryIdentity], in db: Database, _ body: (inout EntryProgress) -> Void
    ) throws {
        for identity in identities {
            guard var row = try row(of: identity, in: db) else { continue }
            body(&row.stored.progress)
            let leaving = row.stored.progress.hasPayload ? nil : row.place
            if leaving != nil { row.place = nil }
            try put(row, in: db)
            if let leaving { try removeUnneeded(leaving.blob, in: db) }
        }
    }

    @discardableResult private func note(_ record: StoreRecord, in db: Database) throws -> Data {
        let bytes = Data(coding.encode(record))
        try run("INSERT INTO \(tables.record) (bytes) VALUES (?)", [bytes], in: db)
        return bytes
    }

    private func noteSequence(_ identity: EntryIdentity, in db: Database) throws {
        guard identity.origin == origin else { return }
        try run(
            "UPDATE \(tables.store) SET highest = max(highest, ?)", [Int64(bitPattern: identity.sequence)], in: db)
    }

    /// Lets the oldest records go, but for those that readers do not know of yet.
    func trimRecords(to count: Int, published: UInt64, in db: Database) throws {
        try run(
            "DELETE FROM \(tables.record) WHERE number <= min(?, (SELECT max(number) FROM \(tables.record)) - ?)",
            [Int64(bitPattern: published), max(count, 1)], in: db)
    }

    /// A change that means nothing, so that a commit forces to the disk what came before it.
    func touch(in db: Database) throws { try run("UPDATE \(tables.store) SET flushes = flushes + 1", [], in: db) }

    func run(_ sql: String, _ arguments: StatementArguments, in db: Database) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    // MARK: Entries

    func row(of identity: EntryIdentity, in db: Database) throws -> EntryRow? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(EntryRow.columns) FROM \(tables.entry) WHERE origin = ? AND sequence = ?")
        let key: StatementArguments = [identity.origin.uuidString, Int64(bitPattern: identity.sequence)]
        return try Row.fetchOne(statement, arguments: key).map { try EntryRow($0) }
    }

    private func put(_ row: EntryRow, in db: Database) throws {
        let values = try row.values
        let marks = Array(repeating: "?", count: 20).joined(separator: ", ")
        try run("INSERT OR REPLACE INTO \(tables.entry) (\(EntryRow.columns)) VALUES (\(marks))", values, in: db)
    }

    private func remove(_ identity: EntryIdentity, in db: Database) throws {
        guard let row = try row(of: identity, in: db) else { return }
        try run(
            "DELETE FROM \(tables.entry) WHERE origin = ? AND sequence = ?",
            [identity.origin.uuidString, Int64(bitPattern: identity.sequence)], in: db)
        if let place = row.place { try removeUnneeded(place.blob, in: db) }
    }

    // MARK: Payloads

    /// Writes bytes into a blob of their own; nil for none.
    func write(_ bytes: [UInt8], in db: Database) throws -> BlobReference? {
        guard !bytes.isEmpty else { return nil }
        try run("INSERT INTO \(tables.blob) (bytes) VALUES (?)", [Data(bytes)], in: db)
        return BlobReference(blob: db.lastInsertedRowID, offset: 0, length: bytes.count)
    }

    /// Nil when there is no such part.
    func read(_ place: BlobReference, in db: Database) throws -> [UInt8]? {
        let statement = try db.cachedStatement(sql: "SELECT substr(bytes, ?, ?) FROM \(tables.blob) WHERE id = ?")
        let bytes = try Data.fetchOne(
            statement, arguments: [place.offset + 1, place.length, place.blob])
        return bytes.flatMap { $0.count == place.length ? [UInt8]($0) : nil }
    }

    /// Changes how many keep a blob; whether it is there.
    func count(_ change: Int, keeping blob: Int64, in db: Database) throws -> Bool {
        try run(
            "UPDATE \(tables.blob) SET keeps = keeps + ? WHERE id = ? AND keeps + ? >= 0", [change, blob, change],
            in: db)
        let isThere = db.changesCount == 1
        if change < 0 { try removeUnneeded(blob, in: db) }
        return isThere
    }

    private func removeUnneeded(_ blob: Int64, in db: Database) throws {
        try run(
            """
            DELETE FROM \(tables.blob) WHERE id = ? AND keeps = 0
                AND NOT EXISTS (SELECT 1 FROM \(tables.entry) WHERE blob = ?)
            """, [blob, blob], in: db)
    }
}
