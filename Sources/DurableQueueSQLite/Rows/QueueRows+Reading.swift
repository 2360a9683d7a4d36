internal import DurableQueue
internal import FoundationEssentials
internal import GRDB

// What is read back.
extension QueueRows {
    /// An entry with its payload; nil where either is not there.
    func entry(_ identity: EntryIdentity, in db: Database) throws -> Entry? {
        guard let row = try row(of: identity, in: db), row.stored.progress.hasPayload else { return nil }
        return Entry(header: row.stored.header, payload: try payload(of: row, in: db))
    }

    /// The payload of an entry that has one, as it was when it was enqueued.
    func payload(of row: EntryRow, in db: Database) throws -> [UInt8] {
        guard let place = row.place else { return [] }
        guard let bytes = try read(place, in: db), CRC32C.checksum(bytes) == row.checksum else {
            throw DatabaseError(
                resultCode: .SQLITE_CORRUPT,
                message: "the payload of \(row.stored.identity) (blob \(place.blob)) is not what was enqueued")
        }
        return bytes
    }

    /// Records with their numbers, without the payloads.
    func bareRecords(after position: UInt64, limit: Int, in db: Database) throws -> [NumberedRecord] {
        let statement = try db.cachedStatement(
            sql: "SELECT number, bytes FROM \(tables.record) WHERE number > ? ORDER BY number LIMIT ?")
        return try Row.fetchAll(statement, arguments: [Int64(bitPattern: position), limit]).map { row in
            guard let record = coding.decode([UInt8](row["bytes"] as Data)) else {
                throw DatabaseError(
                    resultCode: .SQLITE_CORRUPT, message: "record \(row["number"] as Int64) makes no sense")
            }
            return NumberedRecord(number: UInt64(row["number"] as Int64), record: record)
        }
    }

    /// Records with their numbers and the payloads that are left. An entry whose payload has left is told without: a later record is why.
    func records(after position: UInt64, limit: Int, in db: Database) throws -> [NumberedRecord] {
        try bareRecords(after: position, limit: limit, in: db).map { numbered in
            let record: StoreRecord
            switch numbered.record {
            case .add(let bare):
                if let entry = try entry(bare.identity, in: db) {
                    record = .add(Entry(header: bare.header, payload: entry.payload))
                } else {
                    record = .keep(Self.withoutPayload(StoredEntry(header: bare.header)), payload: [])
                }
            case .keep(let stored, _) where stored.progress.hasPayload:
                if let entry = try entry(stored.identity, in: db) {
                    record = .keep(stored, payload: entry.payload)
                } else {
                    record = .keep(Self.withoutPayload(stored), payload: [])
                }
            default: record = numbered.record
            }
            return NumberedRecord(number: numbered.number, record: record)
        }
    }

    private static func withoutPayload(_ stored: StoredEntry) -> StoredEntry {
        var stored = stored
        stored.progress.hasPayload = false
        return stored
    }

    /// The numbers of the first and the last record; nil before the first.
    func recordNumbers(in db: Database) throws -> ClosedRange<UInt64>? {
        guard let row = try Row.fetchOne(db, sql: "SELECT min(number), max(number) FROM \(tables.record)"),
            let first = row[0] as Int64?, let last = row[1] as Int64?
        else { return nil }
        return UInt64(first)...UInt64(last)
    }

    /// Everything as records that add up to it, for a table in memory.
    func everything(in db: Database) throws -> [StoreRecord] {
        let entries = try Row.fetchCursor(db, sql: "SELECT \(EntryRow.columns) FROM \(tables.entry)")
            .map { StoreRecord.keep(try EntryRow($0).stored, payload: []) }
        let marks = try Data.fetchAll(db, sql: "SELECT bytes FROM \(tables.mark)").map { bytes in
            guard let record = coding.decode([UInt8](bytes)) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a mark makes no sense")
            }
            return record
        }
        return try Array(entries) + marks
    }

    func highestSequence(in db: Database) throws -> UInt64 {
        UInt64(bitPattern: try Int64.fetchOne(db, sql: "SELECT highest FROM \(tables.store)") ?? 0)
    }
}
