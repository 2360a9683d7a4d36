public import DurableQueue
internal import Mesh
internal import Synchronization

/// A file system in memory that tells what is in the cache from what is on the disk, and forgets the first when the power goes.
///
/// Content is on the disk once its file was synchronized, a name once its folder was. After a failed synchronization, content can still be
/// read, is not on the disk, and does not get there by synchronizing again: as Linux does it.
public final class SimulatedFileSystem: FileSystem {
    /// What is left of what was not synchronized.
    public enum Survival: Sendable, Hashable {
        /// Nothing.
        case nothing
        /// Whatever the seed says: any part of it, in blocks, with bits flipped.
        case some(seed: UInt64)
    }

    let disk: Mutex<SimulatedDisk>

    /// An empty one.
    public convenience init() { self.init(SimulatedDisk()) }

    init(_ disk: SimulatedDisk) { self.disk = Mutex(disk) }

    /// How many operations there were that change anything or force something to the disk.
    public var operationCount: Int { disk.withLock { $0.operationCount } }

    /// Cuts the power at an operation, counted from 1 on: it is done in part or not at all, and none works after it.
    public func cutPower(at operation: Int) { disk.withLock { $0.cutAt = operation } }

    /// Whether the power was cut.
    public var isCut: Bool { disk.withLock { $0.isCut } }

    /// Makes synchronizing fail from now on, or succeed again.
    public func failSynchronizing(_ fails: Bool) { disk.withLock { $0.synchronizingFails = fails } }

    /// How many bytes may be written still; nil for any number.
    public func limitSpace(to bytes: Int?) { disk.withLock { $0.freeBytes = bytes } }

    /// Refuses every change from now on, or no more.
    ///
    /// - Parameter bytes: how much the first write that is refused leaves in its file all the same, at most.
    public func setReadOnly(_ isReadOnly: Bool, leaving bytes: Int = 0) {
        disk.withLock { $0.setReadOnly(isReadOnly, leaving: bytes) }
    }

    /// The file system that the machine finds when the power is back.
    public func restarted(_ survival: Survival) -> SimulatedFileSystem {
        let surviving = disk.withLock { $0.surviving(survival) }
        return SimulatedFileSystem(surviving)
    }

    /// One that is the same, with everything on the disk.
    public func copy() -> SimulatedFileSystem {
        let copied = disk.withLock { $0.settled() }
        return SimulatedFileSystem(copied)
    }

    /// What a file has; nil when it is not there.
    public func contents(of path: String) -> [UInt8]? { disk.withLock { $0.contents(of: path) } }

    /// Changes what a file has, on the disk too: damage, that is.
    public func setContents(of path: String, to bytes: [UInt8]) {
        disk.withLock { $0.setContents(of: path, to: bytes) }
    }

    /// The files of a folder with their sizes.
    public func sizes(in folder: String) -> [String: Int] { disk.withLock { $0.sizes(in: folder) } }

    /// Makes a folder and those above it.
    public func makeFolder(_ path: String) throws(FileSystemError) {
        try change("create the folder", path) { disk throws(FileSystemError) in disk.makeFolder(path) }
    }

    /// What is in a folder.
    public func names(in folder: String) throws(FileSystemError) -> [String] {
        try use("list", folder) { disk throws(FileSystemError) in try disk.names(in: folder) }
    }

    /// Opens a file, or makes it.
    public func open(_ path: String, creating: Bool) throws(FileSystemError) -> any OpenFile {
        let inode =
            creating
            ? try change("create", path) { disk throws(FileSystemError) in try disk.create(path) }
            : try use("open", path) { disk throws(FileSystemError) in try disk.inode(of: path) }
        return SimulatedFile(path: path, inode: inode, fileSystem: self)
    }

    /// Gives a file another name.
    public func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try change("rename", path) { disk throws(FileSystemError) in try disk.rename(path, to: newPath) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileSystemError) {
        try change("remove", path) { disk throws(FileSystemError) in try disk.remove(path) }
    }

    /// Removes an empty folder.
    public func removeFolder(_ path: String) throws(FileSystemError) {
        try change("remove the folder", path) { disk throws(FileSystemError) in disk.removeFolder(path) }
    }

    /// Forces a folder's names to the disk.
    public func synchronizeFolder(_ path: String) throws(FileSystemError) {
        try change("force to the disk", path) { disk throws(FileSystemError) in disk.synchronizeFolder(path) }
    }

    /// Locks a file; nil when somebody else holds it.
    public func lock(_ path: String) throws(FileSystemError) -> (any FileLock)? {
        let isHeld = try use("lock", path) { disk throws(FileSystemError) in try disk.lock(path) }
        return isHeld ? SimulatedLock(path: path, fileSystem: self) : nil
    }

    func use<Value: Sendable>(
        _ operation: String, _ path: String, _ body: (inout SimulatedDisk) throws(FileSystemError) -> Value
    ) throws(FileSystemError) -> Value {
        try disk.withLock { disk throws(FileSystemError) in
            try disk.checkPower(operation, path)
            return try body(&disk)
        }
    }

    func change<Value: Sendable>(
        _ operation: String, _ path: String, _ body: (inout SimulatedDisk) throws(FileSystemError) -> Value
    ) throws(FileSystemError) -> Value {
        try disk.withLock { disk throws(FileSystemError) in
            try disk.beginChange(operation, path)
            return try body(&disk)
        }
    }
}

private final class SimulatedFile: OpenFile {
    let path: String
    private let inode: Int
    private let fileSystem: SimulatedFileSystem

    init(path: String, inode: Int, fileSystem: SimulatedFileSystem) {
        self.path = path
        self.inode = inode
        self.fileSystem = fileSystem
    }

    func size() throws(FileSystemError) -> Int {
        try fileSystem.use("see the size of", path) { disk throws(FileSystemError) in
            disk.files[inode]?.cached.count ?? 0
        }
    }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        try fileSystem.use("read", path) { disk throws(FileSystemError) in
            Array((disk.files[inode]?.cached ?? []).dropFirst(offset).prefix(count))
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        try fileSystem.disk.withLock { disk throws(FileSystemError) in
            let isCut = disk.isNextCut
            do throws(FileSystemError) { try disk.beginChange("write", path) } catch {
                // Power that goes during a write leaves any part of it.
                let left = isCut ? disk.random(upTo: bytes.count) : disk.takeBytesLeftBehind()
                if left > 0 { disk.write(Array(bytes.prefix(left)), at: offset, to: inode) }
                throw error
            }
            let room = disk.takeSpace(bytes.count)
            disk.write(Array(bytes.prefix(room)), at: offset, to: inode)
            guard room == bytes.count else {
                throw FileSystemError(operation: "write", path: path, reason: "No space left on device", kind: .noSpace)
            }
        }
    }

    func truncate(to size: Int) throws(FileSystemError) {
        try fileSystem.change("cut", path) { disk throws(FileSystemError) in disk.truncate(inode, to: size) }
    }

    func synchronize() throws(FileSystemError) {
        try fileSystem.change("force to the disk", path) { disk throws(FileSystemError) in
            try disk.synchronize(inode, path)
        }
    }
}

private final class SimulatedLock: FileLock {
    private let path: String
    private let fileSystem: SimulatedFileSystem
    private let isReleased = Atomic(false)

    init(path: String, fileSystem: SimulatedFileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    deinit { release() }

    func release() {
        guard !isReleased.exchange(true, ordering: .relaxed) else { return }
        fileSystem.disk.withLock { _ = $0.locks.remove(path) }
    }
}
