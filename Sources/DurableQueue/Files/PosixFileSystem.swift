internal import Glibc

/// The file system of the machine.
public struct PosixFileSystem: FileSystem {
    /// The file system of the machine.
    public init() {}

    /// Makes a folder and those above it; each that is new is on the disk by then.
    public func makeFolder(_ path: String) throws(FileSystemError) {
        guard mkdir(path, 0o700) != 0 else { return try synchronizeFolder(Self.parent(of: path)) }
        guard errno != EEXIST else { return }
        guard errno == ENOENT, Self.parent(of: path) != path else { throw .last("create the folder", path) }
        try makeFolder(Self.parent(of: path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last("create the folder", path) }
        try synchronizeFolder(Self.parent(of: path))
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// What is in a folder.
    public func names(in folder: String) throws(FileSystemError) -> [String] {
        guard let stream = opendir(folder) else { throw .last("list", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .last("list", folder) }
        return names
    }

    /// Opens a file, or makes it.
    public func open(_ path: String, creating: Bool) throws(FileSystemError) -> any OpenFile {
        let flags = O_RDWR | O_CLOEXEC | (creating ? O_CREAT | O_EXCL : 0)
        return PosixFile(path: path, descriptor: try Descriptor.open(path, flags, creating ? "create" : "open"))
    }

    /// Gives a file another name.
    public func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        guard Glibc.rename(path, newPath) == 0 else { throw .last("rename", path) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileSystemError) {
        guard unlink(path) == 0 else { throw .last("remove", path) }
    }

    /// Removes an empty folder.
    public func removeFolder(_ path: String) throws(FileSystemError) {
        guard rmdir(path) == 0 else { throw .last("remove the folder", path) }
    }

    /// Forces a folder's names to the disk.
    public func synchronizeFolder(_ path: String) throws(FileSystemError) {
        let folder = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, "open")
        guard fsync(folder.number) == 0 else { throw .last("force to the disk", path) }
    }

    /// Locks a file; nil when somebody else holds it.
    public func lock(_ path: String) throws(FileSystemError) -> (any FileLock)? {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_CLOEXEC, "open")
        while flock(file.number, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return nil }
            guard errno == EINTR else { throw .last("lock", path) }
        }
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw .last("lock", path) }
        // Whoever held it removed it meanwhile, and its folder with it.
        return status.st_nlink > 0 ? PosixLock(file) : nil
    }
}

/// An open descriptor, closed with its owner.
private final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    static func open(_ path: String, _ flags: Int32, _ doing: String) throws(FileSystemError) -> Descriptor {
        let number = Glibc.open(path, flags, 0o600)
        guard number >= 0 else { throw .last(doing, path) }
        return Descriptor(number)
    }
}

private final class PosixFile: OpenFile {
    let path: String
    private let descriptor: Descriptor

    init(path: String, descriptor: Descriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    func size() throws(FileSystemError) -> Int {
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw .last("see the size of", path) }
        return Int(status.st_size)
    }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let status = pread(descriptor.number, buffer.baseAddress! + filled, count - filled, offset + filled)
                if status < 0, errno == EINTR { continue }
                failed = status < 0
                guard status > 0 else { return }
                filled += status
            }
        }
        guard !failed else { throw .last("read", path) }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        let isWhole = bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let status = pwrite(
                    descriptor.number, buffer.baseAddress! + written, buffer.count - written, offset + written)
                if status < 0, errno == EINTR { continue }
                guard status > 0 else { return false }
                written += status
            }
            return true
        }
        guard isWhole else { throw .last("write", path) }
    }

    func truncate(to size: Int) throws(FileSystemError) {
        while ftruncate(descriptor.number, size) != 0 {
            guard errno == EINTR else { throw .last("cut", path) }
        }
    }

    func synchronize() throws(FileSystemError) {
        guard fdatasync(descriptor.number) == 0 else { throw .last("force to the disk", path) }
    }
}

private final class PosixLock: FileLock {
    private let file: Descriptor

    init(_ file: Descriptor) { self.file = file }

    func release() { flock(file.number, LOCK_UN) }
}

extension FileSystemError {
    /// The error of the call that has just failed on this thread.
    fileprivate static func last(_ operation: String, _ path: String) -> FileSystemError {
        let code = errno
        let kind: Kind =
            switch code {
            case ENOSPC, EDQUOT: .noSpace
            case EROFS, EACCES, EPERM: .notWritable
            case ENOENT: .missing
            case ENOTDIR: .notFolder
            default: .other
            }
        return FileSystemError(
            operation: operation, path: path, reason: String(cString: strerror(code)), kind: kind)
    }
}
