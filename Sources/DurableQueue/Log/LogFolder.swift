internal import FoundationEssentials

/// The folder of one store: its lock, its origin, its segments.
///
/// Whoever opens or removes it holds the lock, up to the last operation on a file in it.
struct LogFolder {
    let path: String
    let fileSystem: any FileSystem

    static let lockName = "lock"
    static let originName = "origin"
    /// Says that the queue is at its end: what else is there goes with it, and whoever opens the folder begins another.
    static let removedName = "removed"
    private static let temporarySuffix = ".writing"

    struct Opened {
        let log: SegmentLog
        let lock: any FileLock
        let recovery: Recovery
    }

    func open(_ options: SegmentLogOptions) throws(DurableQueueError) -> Opened {
        let (lock, names) = try hold()
        var isOpened = false
        defer { if !isOpened { lock.release() } }
        let origin = try origin(names)
        var recovery = LogRecovery(folder: path, fileSystem: fileSystem, origin: origin)
        try recovery.run(names)
        let index = SharedLogIndex()
        let found = recovery.index
        index.with { $0 = found }
        let log = try SegmentLog(
            folder: path, fileSystem: fileSystem, options: options, origin: origin, index: index,
            segment: recovery.highestSegment + 1, nextRecord: recovery.nextRecord ?? 1)
        do {
            for path in recovery.empty { try fileSystem.remove(path) }
        } catch { throw DurableQueueError(error, while: "removing an empty segment") }
        isOpened = true
        return Opened(log: log, lock: lock, recovery: Self.summary(recovery, origin))
    }

    private static func summary(_ found: LogRecovery, _ origin: UUID) -> Recovery {
        var recovery = Recovery()
        recovery.highestSequence = found.index.table.highestSequence(of: origin)
        recovery.dropped = found.dropped
        recovery.recordCount = found.recordCount
        return recovery
    }

    private func hold() throws(DurableQueueError) -> (any FileLock, [String]) {
        let lock: (any FileLock)?
        let names: [String]
        do throws(FileSystemError) {
            lock = try lockOnce()
            names = lock == nil ? [] : try fileSystem.names(in: path)
        } catch { throw DurableQueueError(error, while: "opening the queue in \(path)") }
        guard let lock else {
            throw DurableQueueError(
                .locked,
                "opening the queue in \(path) was refused: another process holds it; give each instance a folder of its own"
            )
        }
        guard names.contains(Self.removedName) else { return (lock, names) }
        do throws(FileSystemError) { try clear(names) } catch {
            throw DurableQueueError(error, while: "removing what a queue at its end left in \(path)")
        }
        return (lock, [Self.lockName])
    }

    /// Makes the folder and locks it; nil when somebody else holds it.
    private func lockOnce() throws(FileSystemError) -> (any FileLock)? {
        for attempt in 1... {
            try fileSystem.makeFolder(path)
            do throws(FileSystemError) {
                try fileSystem.synchronizeFolder(parent)
                return try fileSystem.lock(path + "/" + Self.lockName)
            } catch {
                // Whoever removes the queue that was there may take the folder away once it is made.
                guard error.kind == .missing, attempt < Self.attempts else { throw error }
            }
        }
        return nil
    }

    private static let attempts = 5

    private var parent: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The UUID of the store, written when there is none.
    private func origin(_ names: [String]) throws(DurableQueueError) -> UUID {
        let file = path + "/" + Self.originName
        let hasSegments = names.contains { SegmentHeader.segment(named: $0) != nil }
        guard names.contains(Self.originName) else {
            if hasSegments { throw .corrupted(file, 0, "the file that says whose the segments are is missing") }
            return try writeOrigin(file)
        }
        // Its sequences would begin again, which others may have seen.
        guard hasSegments else { return try writeOrigin(file) }
        let bytes: [UInt8]
        do throws(FileSystemError) {
            bytes = try fileSystem.open(file, creating: false).read(at: 0, count: 36)
        } catch { throw DurableQueueError(error, while: "reading whose the queue is") }
        guard let origin = UUID(uuidString: String(decoding: bytes, as: UTF8.self)) else {
            throw .corrupted(file, 0, "it holds no UUID")
        }
        return origin
    }

    private func writeOrigin(_ file: String) throws(DurableQueueError) -> UUID {
        let origin = UUID()
        let temporary = file + Self.temporarySuffix
        do throws(FileSystemError) {
            if try fileSystem.names(in: path).contains(Self.originName + Self.temporarySuffix) {
                try fileSystem.remove(temporary)
            }
            let opened = try fileSystem.open(temporary, creating: true)
            try opened.write(Array("\(origin.uuidString)\n".utf8), at: 0)
            try opened.synchronize()
            try fileSystem.rename(temporary, to: file)
            try fileSystem.synchronizeFolder(path)
        } catch { throw DurableQueueError(error, while: "writing whose the queue is") }
        return origin
    }

    /// Removes everything. The lock has to be held; its file goes last, so that all before is done to nobody else's queue.
    func remove() -> Result<Void, DurableQueueError> {
        do throws(FileSystemError) {
            let removed = path + "/" + Self.removedName
            let names = try fileSystem.names(in: path)
            // From here on it is no queue any more, whatever is left by a crash.
            if !names.contains(Self.removedName) { _ = try fileSystem.open(removed, creating: true) }
            try fileSystem.synchronizeFolder(path)
            try clear(names + [Self.removedName])
            try fileSystem.remove(path + "/" + Self.lockName)
            try removeFolder()
            return .success(())
        } catch { return .failure(DurableQueueError(error, while: "removing a queue that has nothing left to do")) }
    }

    /// Removes what is left of a queue at its end, but for the lock.
    private func clear(_ names: [String]) throws(FileSystemError) {
        for name in Set(names).subtracting([Self.lockName, Self.removedName]).sorted() {
            try fileSystem.remove(path + "/" + name)
        }
        try fileSystem.synchronizeFolder(path)
        try fileSystem.remove(path + "/" + Self.removedName)
        try fileSystem.synchronizeFolder(path)
    }

    private func removeFolder() throws(FileSystemError) {
        do throws(FileSystemError) { try fileSystem.removeFolder(path) } catch {
            // Whoever made another lock by now begins a queue of its own, or has removed that one too.
            if error.kind == .missing { return }
            guard try !fileSystem.names(in: path).isEmpty else { throw error }
        }
        try fileSystem.synchronizeFolder(parent)
    }
}
