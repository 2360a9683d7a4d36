internal import DurableQueue
internal import GRDB

extension DurableQueueError {
    /// What SQLite said, as the error of a store.
    init(_ error: any Error, while doing: String, in database: String) {
        if let error = error as? DurableQueueError {
            self = error
            return
        }
        guard let cause = error as? DatabaseError else {
            self.init(.inputOutput, "\(doing) in \(database) failed: \(error); see the database and the system's log")
            return
        }
        let (code, advice, kind) = Self.meaning(of: cause)
        // Without the values of the statement, which are the application's payloads.
        let words = "SQLite error \(cause.extendedResultCode.rawValue): \(cause.message ?? "no message")"
        self.init(
            code, "\(doing) in \(database) failed: \(words); \(advice)",
            cause: FileSystemError(operation: "write or read", path: database, reason: words, kind: kind))
    }

    private static func meaning(of error: DatabaseError) -> (Code, advice: String, FileSystemError.Kind) {
        switch error.extendedResultCode {
        case .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC:
            return (
                .syncFailed,
                "nothing was acknowledged that is not there, and nothing more is taken: see the disk's health, then start the process again",
                .other
            )
        default: break
        }
        switch error.resultCode {
        case .SQLITE_FULL:
            return (.diskFull, "free some space there, or raise max_page_count where it is set", .noSpace)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            return (
                .readOnly,
                "let this process write the file and its folder, where the write-ahead log is beside it, and open it for writing",
                .notWritable
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return (
                .locked,
                "another process has been writing to the database all the while; let it commit sooner, or wait longer (lockWait, busyMode)",
                .other
            )
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return (
                .corrupted,
                "nothing more is changed: check the disk, and bring the database back from a copy, or what `sqlite3 FILE .recover` saves of it",
                .other
            )
        default: return (.inputOutput, "see the database and the system's log", .other)
        }
    }

    /// Whether the store can go on after it: nothing was written, and nothing is in doubt.
    var isPassing: Bool {
        switch code {
        case .syncFailed, .corrupted, .inputOutput, .storeFailed: false
        default: true
        }
    }
}
