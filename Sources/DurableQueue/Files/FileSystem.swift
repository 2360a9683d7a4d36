/// What a store asks of a file system: few operations, each of which may fail, and none of which is durable before it is synchronized.
///
/// Production has ``PosixFileSystem``; the test kit has one that forgets what was not synchronized.
public protocol FileSystem: Sendable {
    /// Makes a folder and those above it; one that is there is fine.
    func makeFolder(_ path: String) throws(FileSystemError)
    /// The names of what is in a folder, in no order.
    func names(in folder: String) throws(FileSystemError) -> [String]
    /// Opens a file for reading and writing; with `creating`, one that must not be there yet.
    func open(_ path: String, creating: Bool) throws(FileSystemError) -> any OpenFile
    /// Gives a file another name in its folder; a file that has it is replaced.
    func rename(_ path: String, to newPath: String) throws(FileSystemError)
    /// Removes a file.
    func remove(_ path: String) throws(FileSystemError)
    /// Removes an empty folder.
    func removeFolder(_ path: String) throws(FileSystemError)
    /// Forces to the disk which names a folder has: without it a new file may be gone after a loss of power.
    func synchronizeFolder(_ path: String) throws(FileSystemError)
    /// Locks a file, which is made when it is missing, until the lock is released or the process ends; nil when somebody else holds it.
    func lock(_ path: String) throws(FileSystemError) -> (any FileLock)?
}

/// A file; closed when the last reference goes. Positions and sizes are in bytes.
public protocol OpenFile: AnyObject, Sendable {
    /// Where it is.
    var path: String { get }
    /// How large it is.
    func size() throws(FileSystemError) -> Int
    /// Up to `count` bytes from `offset` on; fewer at the end.
    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8]
    /// Writes all of `bytes`. When it throws, any part of them may have been written.
    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError)
    /// Cuts the file.
    func truncate(to size: Int) throws(FileSystemError)
    /// Forces content and size to the disk. When it throws, what was written since the last time may be lost, even if it can still be read.
    func synchronize() throws(FileSystemError)
}

/// A lock that is held until it is released; at the latest when the process ends.
public protocol FileLock: AnyObject, Sendable {
    /// Lets the lock go.
    func release()
}

/// An operation that the file system refused.
public struct FileSystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the store can do about it.
    public enum Kind: Sendable {
        /// No space left, or the quota is used up.
        case noSpace
        /// The file system is read-only, or this user may not write there.
        case notWritable
        /// There is no such file.
        case missing
        /// There is a file where a folder was expected.
        case notFolder
        /// Anything else.
        case other
    }

    /// What was tried, such as `write`.
    public let operation: String
    /// On what.
    public let path: String
    /// The system's words.
    public let reason: String
    /// What kind of failure it is.
    public let kind: Kind

    /// An error from its parts.
    public init(operation: String, path: String, reason: String, kind: Kind) {
        self.operation = operation
        self.path = path
        self.reason = reason
        self.kind = kind
    }

    /// What was tried, on what, and the system's words.
    public var description: String { "cannot \(operation) \(path): \(reason)" }
}

extension DurableQueueError {
    /// The error of a store whose file system refused something other than to synchronize.
    init(_ cause: FileSystemError, while doing: String) {
        let (code, advice): (Code, String) =
            switch cause.kind {
            case .noSpace: (.diskFull, "free some space there, or name a folder on a larger disk")
            case .notWritable: (.readOnly, "let this process write there, or name another folder")
            case .missing, .notFolder, .other: (.inputOutput, "see the folder and the system's log")
            }
        self.init(code, "\(doing) failed: \(cause); \(advice)", cause: cause)
    }

    /// The error of a store whose file system did not synchronize; fatal for it.
    static func syncFailed(_ cause: FileSystemError) -> DurableQueueError {
        DurableQueueError(
            .syncFailed,
            "forcing data to the disk failed: \(cause); nothing was acknowledged that is not there, and nothing more is taken: see the "
                + "disk's health, then start the process again, which recovers what is there",
            cause: cause)
    }
}
