internal import DurableQueue
internal import FoundationEssentials
internal import GRDB

/// An entry as its row has it.
struct EntryRow {
    var stored: StoredEntry
    /// Where the payload is; nil for an empty one, and for one that has left.
    var place: BlobReference?
    /// CRC-32C of the payload.
    var checksum: UInt32

    init(stored: StoredEntry, place: BlobReference?, checksum: UInt32) {
        self.stored = stored
        self.place = place
        self.checksum = checksum
    }

    init(_ row: Row) throws {
        guard let origin = UUID(uuidString: row["origin"]), let status = Self.status(row) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an entry's row makes no sense")
        }
        let identity = EntryIdentity(origin: origin, sequence: UInt64(bitPattern: row["sequence"]))
        let header = EntryHeader(
            identity: identity, id: EntryID(Self.text(row["id"]) ?? ""), key: Self.text(row["key"]),
            enqueued: Timestamp(milliseconds: row["enqueued"]), payloadBytes: row["size"])
        var progress = EntryProgress()
        progress.status = status
        (progress.runs, progress.failures, progress.crashes) = (row["runs"], row["failures"], row["crashes"])
        progress.lastError = Self.text(row["lastError"])
        progress.holders = try Self.members(row["holders"])
        progress.completedBy = try Self.members(row["completedBy"])
        progress.hasPayload = row["hasPayload"]
        stored = StoredEntry(header: header, progress: progress)
        place = (row["blob"] as Int64?).map {
            BlobReference(blob: $0, offset: row["offset"], length: header.payloadBytes)
        }
        checksum = UInt32(truncatingIfNeeded: row["checksum"] as Int64)
    }

    private static func status(_ row: Row) -> EntryStatus? {
        let ended: Int64? = row["ended"]
        switch row["status"] as String {
        case "waiting": return .waiting
        case "running": return .running
        case "completed": return ended.map { .completed(Timestamp(milliseconds: $0)) }
        case "dead":
            guard let ended, let reason = (row["reason"] as UInt8?).flatMap(DeadLetter.Reason.init) else { return nil }
            return .dead(
                DeadLetter(reason: reason, error: text(row["error"]) ?? "", time: Timestamp(milliseconds: ended)))
        default: return nil
        }
    }

    /// A text as SQLite gives it back: one with a zero byte in it as bytes, since it would be cut off there.
    private static func value(_ text: String?) -> DatabaseValue {
        guard let text else { return .null }
        return text.utf8.contains(0) ? Data(text.utf8).databaseValue : text.databaseValue
    }

    private static func text(_ value: DatabaseValue) -> String? {
        if case .blob(let bytes) = value.storage {
            String(decoding: bytes, as: UTF8.self)
        } else {
            .fromDatabaseValue(value)
        }
    }

    private static func members(_ text: String) throws -> Set<MemberID> {
        Set(try JSONDecoder().decode([String].self, from: Data(text.utf8)).map { MemberID($0) })
    }

    private static func text(_ members: Set<MemberID>) throws -> String {
        guard !members.isEmpty else { return "[]" }
        return String(decoding: try JSONEncoder().encode(members.map(\.name).sorted()), as: UTF8.self)
    }

    static let columns =
        "origin, sequence, id, key, enqueued, size, status, ended, reason, error, runs, failures, crashes, lastError, holders, completedBy, "
        + "hasPayload, blob, offset, checksum"

    /// In the order of the columns.
    var values: StatementArguments {
        get throws {
            let (header, progress) = (stored.header, stored.progress)
            let (status, ended, letter) = Self.parts(progress.status)
            return [
                header.identity.origin.uuidString, Int64(bitPattern: header.identity.sequence),
                Self.value(header.id.text),
                Self.value(header.key), header.enqueued.milliseconds, header.payloadBytes, status, ended?.milliseconds,
                letter?.reason.rawValue, Self.value(letter?.error), progress.runs, progress.failures, progress.crashes,
                Self.value(progress.lastError), try Self.text(progress.holders), try Self.text(progress.completedBy),
                progress.hasPayload, place?.blob, place?.offset ?? 0, Int64(checksum),
            ]
        }
    }

    private static func parts(_ status: EntryStatus) -> (String, Timestamp?, DeadLetter?) {
        switch status {
        case .waiting: ("waiting", nil, nil)
        case .running: ("running", nil, nil)
        case .completed(let time): ("completed", time, nil)
        case .dead(let letter): ("dead", letter.time, letter)
        }
    }
}
