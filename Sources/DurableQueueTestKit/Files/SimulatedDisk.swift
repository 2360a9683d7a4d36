internal import DurableQueue
internal import Mesh

/// The cache and the disk of a ``SimulatedFileSystem``, with the faults that are to come.
struct SimulatedDisk: Sendable {
    struct File: Sendable {
        var cached: [UInt8] = []
        var stored: [UInt8] = []
        /// What would be written out by the next synchronization.
        var dirty: [Range<Int>] = []
    }

    var files: [Int: File] = [:]
    /// The names in the cache and those on the disk: folder, name, file.
    private var cachedNames: [String: [String: Int]] = ["/": [:]]
    private var storedNames: [String: [String: Int]] = ["/": [:]]
    var locks: Set<String> = []
    private var lastInode = 0

    var operationCount = 0
    var cutAt: Int?
    private(set) var isCut = false
    var synchronizingFails = false
    var freeBytes: Int?
    private(set) var isReadOnly = false
    /// How much of the next write is done although it is refused.
    private var bytesLeftBehind = 0

    // MARK: Faults

    var isNextCut: Bool { !isCut && cutAt == operationCount + 1 }

    func checkPower(_ operation: String, _ path: String) throws(FileSystemError) {
        guard isCut else { return }
        throw FileSystemError(operation: operation, path: path, reason: "the power is cut", kind: .other)
    }

    mutating func beginChange(_ operation: String, _ path: String) throws(FileSystemError) {
        if isNextCut { isCut = true }
        try checkPower(operation, path)
        operationCount += 1
        guard !isReadOnly else {
            throw FileSystemError(
                operation: operation, path: path, reason: "Read-only file system", kind: .notWritable)
        }
    }

    /// A number that depends on the operation alone.
    func random(upTo bound: Int) -> Int {
        var random = MeshRandom(seed: UInt64(operationCount))
        return Int.random(in: 0...bound, using: &random)
    }

    mutating func setReadOnly(_ isReadOnly: Bool, leaving bytes: Int) {
        (self.isReadOnly, bytesLeftBehind) = (isReadOnly, bytes)
    }

    mutating func takeBytesLeftBehind() -> Int {
        defer { bytesLeftBehind = 0 }
        return bytesLeftBehind
    }

    mutating func takeSpace(_ bytes: Int) -> Int {
        guard let free = freeBytes else { return bytes }
        let taken = min(free, bytes)
        freeBytes = free - taken
        return taken
    }

    // MARK: Names

    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("/", path) }
        let folder = String(path[..<slash])
        return (folder.isEmpty ? "/" : folder, String(path[path.index(after: slash)...]))
    }

    mutating func makeFolder(_ path: String) {
        // Folders themselves are taken to be on the disk at once: what is in them is what the tests are about.
        if cachedNames[path] == nil { cachedNames[path] = [:] }
        if storedNames[path] == nil { storedNames[path] = [:] }
    }

    mutating func removeFolder(_ path: String) {
        cachedNames[path] = nil
        storedNames[path] = nil
    }

    func names(in folder: String) throws(FileSystemError) -> [String] {
        let inside = cachedNames.keys.filter { Self.split($0).folder == folder && $0 != "/" }.map {
            Self.split($0).name
        }
        guard let names = cachedNames[folder] else { throw Self.missing("list", folder) }
        return Array(names.keys) + inside
    }

    func inode(of path: String) throws(FileSystemError) -> Int {
        let (folder, name) = Self.split(path)
        guard let inode = cachedNames[folder]?[name] else { throw Self.missing("open", path) }
        return inode
    }

    private static func missing(_ operation: String, _ path: String) -> FileSystemError {
        FileSystemError(operation: operation, path: path, reason: "No such file or directory", kind: .missing)
    }

    mutating func create(_ path: String) throws(FileSystemError) -> Int {
        let (folder, name) = Self.split(path)
        guard cachedNames[folder] != nil else { throw Self.missing("create", path) }
        guard cachedNames[folder]?[name] == nil else {
            throw FileSystemError(operation: "create", path: path, reason: "File exists", kind: .other)
        }
        lastInode += 1
        files[lastInode] = File()
        cachedNames[folder]?[name] = lastInode
        return lastInode
    }

    mutating func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        let inode = try inode(of: path)
        let (old, new) = (Self.split(path), Self.split(newPath))
        cachedNames[old.folder]?[old.name] = nil
        cachedNames[new.folder]?[new.name] = inode
    }

    mutating func remove(_ path: String) throws(FileSystemError) {
        _ = try inode(of: path)
        let (folder, name) = Self.split(path)
        cachedNames[folder]?[name] = nil
    }

    mutating func synchronizeFolder(_ path: String) { storedNames[path] = cachedNames[path] }

    mutating func lock(_ path: String) throws(FileSystemError) -> Bool {
        let (folder, name) = Self.split(path)
        if cachedNames[folder]?[name] == nil {
            guard !isReadOnly else {
                throw FileSystemError(
                    operation: "open", path: path, reason: "Read-only file system", kind: .notWritable)
            }
            _ = try create(path)
        }
        return locks.insert(path).inserted
    }

    // MARK: Content

    mutating func write(_ bytes: [UInt8], at offset: Int, to inode: Int) {
        guard var file = files.removeValue(forKey: inode) else { return }
        let end = offset + bytes.count
        if file.cached.count < end { file.cached += [UInt8](repeating: 0, count: end - file.cached.count) }
        file.cached.replaceSubrange(offset..<end, with: bytes)
        file.dirty.append(offset..<end)
        files[inode] = file
    }

    mutating func truncate(_ inode: Int, to size: Int) {
        guard let count = files[inode]?.cached.count, count > size else { return }
        files[inode]?.cached.removeLast(count - size)
        if let freeBytes { self.freeBytes = freeBytes + count - size }
    }

    mutating func synchronize(_ inode: Int, _ path: String) throws(FileSystemError) {
        guard var file = files.removeValue(forKey: inode) else { return }
        defer { files[inode] = file }
        let dirty = file.dirty
        file.dirty = []
        guard !synchronizingFails else {
            throw FileSystemError(
                operation: "force to the disk", path: path, reason: "Input/output error", kind: .other)
        }
        file.stored = Array(file.stored.prefix(file.cached.count))
        file.stored += [UInt8](repeating: 0, count: file.cached.count - file.stored.count)
        for range in dirty {
            let range = range.clamped(to: 0..<file.cached.count)
            file.stored.replaceSubrange(range, with: file.cached[range])
        }
    }

    func contents(of path: String) -> [UInt8]? {
        let (folder, name) = Self.split(path)
        return cachedNames[folder]?[name].flatMap { files[$0]?.cached }
    }

    mutating func setContents(of path: String, to bytes: [UInt8]) {
        let (folder, name) = Self.split(path)
        guard let inode = cachedNames[folder]?[name] else { return }
        files[inode] = File(cached: bytes, stored: bytes)
    }

    func sizes(in folder: String) -> [String: Int] {
        (cachedNames[folder] ?? [:]).mapValues { files[$0]?.cached.count ?? 0 }
    }

    // MARK: Restarts

    /// The same with everything in the cache on the disk, no lock held, and no fault to come.
    func settled() -> SimulatedDisk {
        var disk = SimulatedDisk()
        disk.lastInode = lastInode
        disk.cachedNames = cachedNames
        disk.storedNames = cachedNames
        disk.files = files.mapValues { File(cached: $0.cached, stored: $0.cached) }
        return disk
    }

    func surviving(_ survival: SimulatedFileSystem.Survival) -> SimulatedDisk {
        var disk = self
        var random: MeshRandom?
        if case .some(let seed) = survival { random = MeshRandom(seed: seed) }
        for folder in cachedNames.keys.sorted() {
            disk.cachedNames[folder] = Self.survivingNames(
                storedNames[folder] ?? [:], cachedNames[folder] ?? [:], &random)
        }
        for inode in files.keys.sorted() {
            guard let file = files[inode] else { continue }
            disk.files[inode]?.cached = Self.survivingContent(file, &random)
        }
        return disk.settled()
    }

    private static func survivingNames(
        _ stored: [String: Int], _ cached: [String: Int], _ random: inout MeshRandom?
    ) -> [String: Int] {
        guard var chance = random else { return stored }
        defer { random = chance }
        var names: [String: Int] = [:]
        for name in Set(stored.keys).union(cached.keys).sorted() {
            names[name] = Bool.random(using: &chance) ? stored[name] : cached[name]
        }
        return names
    }

    /// How much of a file goes to the disk at once.
    private static let block = 64

    private static func survivingContent(_ file: File, _ random: inout MeshRandom?) -> [UInt8] {
        guard var chance = random, file.cached != file.stored else { return file.stored }
        defer { random = chance }
        let sizes = [file.stored.count, file.cached.count].sorted()
        let size = Bool.random(using: &chance) ? sizes[1] : Int.random(in: sizes[0]...sizes[1], using: &chance)
        let isWhole = Bool.random(using: &chance)
        var bytes: [UInt8] = []
        while bytes.count < size {
            let range = bytes.count..<min(bytes.count + block, size)
            let source = isWhole || Bool.random(using: &chance) ? file.cached : file.stored
            bytes += range.map { source.indices.contains($0) ? source[$0] : 0 }
        }
        let isFlipped = Bool.random(using: &chance)
        for index in bytes.indices where isFlipped {
            guard !file.stored.indices.contains(index) || file.stored[index] != bytes[index],
                Int.random(in: 0..<40, using: &chance) == 0
            else { continue }
            bytes[index] ^= UInt8.random(in: 1...255, using: &chance)
        }
        return bytes
    }
}
