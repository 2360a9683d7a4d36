public import DurableQueue
internal import FoundationEssentials

/// A way to get durability wrong on purpose, to show that the checks would notice.
public enum DurabilityMutant: String, Sendable, CaseIterable {
    /// The content of segments is never forced to the disk.
    case withoutSynchronizing
    /// The names of all segments but the first are never forced to the disk.
    case withoutSynchronizingFolders
    /// The acknowledgement comes before the content is forced to the disk.
    case acknowledgesBeforeSynchronizing

    /// The file system that a store with this fault would see.
    public func mutating(_ fileSystem: any FileSystem) -> any FileSystem {
        self == .acknowledgesBeforeSynchronizing ? fileSystem : MutantFileSystem(base: fileSystem, mutant: self)
    }

    /// The store that has this fault.
    public func mutating(_ store: any DurableStore) -> any DurableStore {
        self == .acknowledgesBeforeSynchronizing ? HastyStore(base: store) : store
    }
}

/// Leaves out some synchronizations.
private struct MutantFileSystem: FileSystem {
    let base: any FileSystem
    let mutant: DurabilityMutant

    func makeFolder(_ path: String) throws(FileSystemError) { try base.makeFolder(path) }
    func names(in folder: String) throws(FileSystemError) -> [String] { try base.names(in: folder) }
    func rename(_ path: String, to newPath: String) throws(FileSystemError) { try base.rename(path, to: newPath) }
    func remove(_ path: String) throws(FileSystemError) { try base.remove(path) }
    func removeFolder(_ path: String) throws(FileSystemError) { try base.removeFolder(path) }
    func lock(_ path: String) throws(FileSystemError) -> (any FileLock)? { try base.lock(path) }

    func open(_ path: String, creating: Bool) throws(FileSystemError) -> any OpenFile {
        let file = try base.open(path, creating: creating)
        // Only where the records are: without an origin there would not even be a store.
        return mutant == .withoutSynchronizing && path.hasSuffix(".segment") ? ForgetfulFile(base: file) : file
    }

    func synchronizeFolder(_ path: String) throws(FileSystemError) {
        // The first segment's name gets there, those of later ones do not.
        let isLater = try base.names(in: path).filter { $0.hasSuffix(".segment") }.count > 1
        guard mutant == .withoutSynchronizingFolders, isLater else { return try base.synchronizeFolder(path) }
    }
}

private final class ForgetfulFile: OpenFile {
    private let base: any OpenFile

    init(base: any OpenFile) { self.base = base }

    var path: String { base.path }
    func size() throws(FileSystemError) -> Int { try base.size() }
    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] { try base.read(at: offset, count: count) }
    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) { try base.write(bytes, at: offset) }
    func truncate(to size: Int) throws(FileSystemError) { try base.truncate(to: size) }
    func synchronize() throws(FileSystemError) {}
}

/// Acknowledges what was only written, and forces it to the disk afterwards.
private struct HastyStore: DurableStore {
    let base: any DurableStore

    var origin: UUID { base.origin }
    var promise: StorePromise { base.promise }
    var recovery: Recovery { base.recovery }
    var status: StoreStatus { base.status }

    func submit(
        _ records: [StoreRecord], until durability: Durability,
        done: @escaping @Sendable (DurableQueueError?) -> Void
    ) {
        base.submit(records, until: .written) { [base] failure in
            base.submit([], until: .synced) { _ in }
            done(failure)
        }
    }

    func entries(_ identities: [EntryIdentity]) async throws(DurableQueueError) -> [Entry] {
        try await base.entries(identities)
    }

    func entries(of origin: UUID, from sequence: UInt64, limit: Int) async -> [StoredEntry] {
        await base.entries(of: origin, from: sequence, limit: limit)
    }

    func snapshot() async -> StoreSnapshot { await base.snapshot() }

    func records(after position: UInt64, limit: Int) async throws(DurableQueueError) -> [NumberedRecord] {
        try await base.records(after: position, limit: limit)
    }

    func close() async { await base.close() }
}
