/// The folders of a service's queues on one host: one an instance, each locked by the process that uses it.
///
/// A process opens its own, and adopts those that nobody holds, so that nothing is stranded when there are fewer instances than there were.
/// An adopted queue keeps its own store and identities: it is run beside the process's own until it is empty, then removed. A crash on
/// the way lets its lock go, and whoever comes next adopts it anew.
public struct QueueFolders: Sendable {
    /// The folder that holds those of the instances.
    public let root: String
    private let options: SegmentLogOptions
    private let fileSystem: any FileSystem

    /// The folders below `root`.
    public init(
        root: String, options: SegmentLogOptions = SegmentLogOptions(), fileSystem: any FileSystem = PosixFileSystem()
    ) {
        self.root = root
        self.options = options
        self.fileSystem = fileSystem
    }

    /// Opens the store of an instance, making it where there is none. Blocks while it reads.
    public func open(_ instance: String) throws(DurableQueueError) -> SegmentLogStore {
        try SegmentLogStore(folder: root + "/" + instance, options: options, fileSystem: fileSystem)
    }

    /// What was found of folders that nobody holds.
    public struct Free: Sendable {
        /// The queues that may be opened, by the names of their instances.
        public var names: Set<String> = []
        /// What is the matter with folders of which it cannot be told.
        public var failures: [String: DurableQueueError] = [:]
    }

    /// Looks for the queues that nobody holds at the moment, but for that of `instance`. What is no queue is left alone.
    ///
    /// - Throws: when the folders cannot be listed; one that cannot be looked into does not hinder the others.
    public func free(besides instance: String) throws(DurableQueueError) -> Free {
        let names: [String]
        do { names = try fileSystem.names(in: root) } catch  where error.kind == .missing { return Free() } catch {
            throw DurableQueueError(error, while: "looking for queues to adopt")
        }
        var free = Free()
        for name in names where name != instance {
            do throws(FileSystemError) { if try isFree(root + "/" + name) { free.names.insert(name) } } catch
                where error.kind == .missing
            {
                // It was removed meanwhile.
                continue
            } catch { free.failures[name] = DurableQueueError(error, while: "looking for a queue to adopt") }
        }
        return free
    }

    private func isFree(_ folder: String) throws(FileSystemError) -> Bool {
        let names: [String]
        do { names = try fileSystem.names(in: folder) } catch  where error.kind == .notFolder { return false }
        // Locking makes a file where there is none, which is not to happen to somebody else's folder.
        guard names.contains(LogFolder.originName) || names.contains(LogFolder.removedName),
            let lock = try fileSystem.lock(folder + "/" + LogFolder.lockName)
        else { return false }
        lock.release()
        return true
    }
}
