internal import FoundationEssentials

/// The folder of one store: its lock, its origin, its segments.
struct LogFolder {
    let path: String
    let fileSystem: any FileSystem

    static let lockName = "lock"
    static let originName = "origin"
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
            try fileSystem.makeFolder(path)
            try fileSystem.synchronizeFolder(parent)
            lock = try fileSystem.lock(path + "/" + Self.lockName)
            names = try fileSystem.names(in: path)
        } catch { throw DurableQueueError(error, while: "opening the queue in \(path)") }
        guard let lock else {
            throw DurableQueueError(
                .locked,
                "opening the queue in \(path) was refused: another process holds it; give each instance a folder of its own"
            )
        }
        return (lock, names)
    }

    private var parent: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The UUID of the store, written when there is none.
    private func origin(_ names: [String]) throws(DurableQueueError) -> UUID {
        let file = path + "/" + Self.originName
        guard names.contains(Self.originName) else {
            if names.contains(where: { SegmentHeader.segment(named: $0) != nil }) {
                throw .corrupted(file, 0, "the file that says whose the segments are is missing")
            }
            return try writeOrigin(file)
        }
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

    /// Removes everything; the lock is to be held, or to have been held until just now.
    func remove() -> Result<Void, DurableQueueError> {
        do throws(FileSystemError) {
            // The oldest first and the origin last, so that what a crash leaves is still a queue.
            let names = try fileSystem.names(in: path)
            let segments = names.filter { SegmentHeader.segment(named: $0) != nil }.sorted()
            for name in segments { try fileSystem.remove(path + "/" + name) }
            try fileSystem.synchronizeFolder(path)
            for name in Set(names).subtracting(segments) { try fileSystem.remove(path + "/" + name) }
            try fileSystem.removeFolder(path)
            try fileSystem.synchronizeFolder(parent)
            return .success(())
        } catch { return .failure(DurableQueueError(error, while: "removing a queue that has nothing left to do")) }
    }
}
