/// The folders of a service's queues on one host: one an instance, each locked by the process that uses it.
///
/// A process opens its own and adopts those that nobody holds, so that nothing is stranded when there are fewer instances than there were.
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

    /// What an adoption came to.
    public struct Adoption: Sendable {
        /// The stores that nobody held, by instance.
        public var stores: [String: SegmentLogStore] = [:]
        /// The folders that nobody held and that could not be opened.
        public var failures: [String: DurableQueueError] = [:]
    }

    /// Opens all that nobody holds, but for that of `instance`. Blocks while it reads.
    public func adopt(besides instance: String) throws(DurableQueueError) -> Adoption {
        let names: [String]
        do { names = try fileSystem.names(in: root) } catch  where error.kind == .missing { return Adoption() } catch {
            throw DurableQueueError(error, while: "looking for queues to adopt")
        }
        var adoption = Adoption()
        for name in names.sorted() where name != instance {
            do throws(DurableQueueError) { if try isQueue(name) { adoption.stores[name] = try open(name) } } catch
                where error.code == .locked
            {
                continue
            } catch { adoption.failures[name] = error }
        }
        return adoption
    }

    /// Opening makes a queue where there is none, which is not to happen to somebody else's folder.
    private func isQueue(_ name: String) throws(DurableQueueError) -> Bool {
        do { return try fileSystem.names(in: root + "/" + name).contains(LogFolder.originName) } catch {
            throw DurableQueueError(error, while: "looking for a queue to adopt")
        }
    }
}
