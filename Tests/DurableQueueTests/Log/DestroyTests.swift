internal import DurableQueue
internal import DurableQueueTestKit
internal import Synchronization
internal import TestSupport
internal import Testing

/// The end of a queue that has nothing left to do.
@Suite struct DestroyTests {
    static let options = {
        var options = SegmentLogOptions()
        options.segmentBytes = 500
        options.roomBytes = 0
        return options
    }()

    /// A store that had entries, and has none left.
    static func emptied(_ folder: String, _ fileSystem: any FileSystem) async throws -> SegmentLogStore {
        let store = try SegmentLogStore(folder: folder, options: options, fileSystem: fileSystem)
        for sequence in 1...20 as ClosedRange<UInt64> {
            let entry = LogFaultTests.entry(sequence, in: store)
            try await store.append([.add(entry)])
            if sequence % 2 == 0 { try await store.append([.forget([entry.identity])]) }
        }
        let left = (1...20).map { EntryIdentity(origin: store.origin, sequence: $0) }
        try await store.append([.forget(left)])
        return store
    }

    /// Does something on the thread of the log, which may compact after its callers were told: what is counted from then on is the same each time.
    private static func onTheThread(of store: SegmentLogStore, _ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            store.submit([], until: .written) { _ in
                body()
                continuation.resume()
            }
        }
    }

    /// What is opened is the queue that was there, or another one, and keeps what it takes.
    private static func check(_ fileSystem: SimulatedFileSystem, after operation: Int, was old: SegmentLogStore) async {
        do {
            let store = try SegmentLogStore(folder: "/shares/two", options: options, fileSystem: fileSystem)
            let highest = store.recovery.highestSequence
            #expect(highest == (store.origin == old.origin ? 20 : 0), "cut at operation \(operation)")
            #expect(store.recovery.entries.isEmpty)
            let entry = LogFaultTests.entry(highest + 1, in: store)
            try await store.append([.add(entry)])
            let again = try SegmentLogStore(
                folder: "/shares/two", options: options, fileSystem: fileSystem.restarted(.nothing))
            #expect(again.origin == store.origin && again.recovery.entries.map(\.identity) == [entry.identity])
        } catch { Issue.record("cut at operation \(operation): \(error)") }
    }

    @Test func noCutHasSequencesBeginAgain() async throws {
        var cuts = 0
        while true {
            let fileSystem = SimulatedFileSystem()
            let store = try await Self.emptied("/shares/two", fileSystem)
            let last = cuts
            await Self.onTheThread(of: store) { fileSystem.cutPower(at: fileSystem.operationCount + last + 1) }
            do throws(DurableQueueError) { try await store.destroy() } catch { #expect(fileSystem.isCut, "\(error)") }
            guard fileSystem.isCut else {
                #expect((try? fileSystem.names(in: "/shares/two")) == nil)
                break
            }
            cuts += 1
            // The process was killed, or the power was cut.
            await Self.check(fileSystem.copy(), after: cuts, was: store)
            for survival in [.nothing] + (1...8).map({ SimulatedFileSystem.Survival.some(seed: $0) }) {
                await Self.check(fileSystem.restarted(survival), after: cuts, was: store)
            }
        }
        #expect(cuts > 6)
    }

    @Test func anOriginWithoutSegmentsIsNobodys() async throws {
        let fileSystem = SimulatedFileSystem()
        let store = try await Self.emptied("/shares/two", fileSystem)
        let origin = store.origin
        await store.close()
        for name in try fileSystem.names(in: "/shares/two") where name.hasSuffix(".segment") {
            try fileSystem.remove("/shares/two/" + name)
        }
        let again = try SegmentLogStore(folder: "/shares/two", fileSystem: fileSystem)
        #expect(again.origin != origin)
    }

    @Test func whoComesBackMeanwhileLosesNothing() async throws {
        let folder = try TemporaryFolder("queue")
        let path = folder.path + "/shares/two"
        var (operation, refusals, openings) = (0, 0, 0)
        while true {
            operation += 1
            let disk = WatchedFileSystem()
            let store = try await Self.emptied(path, disk)
            let opened = Mutex<Result<SegmentLogStore, DurableQueueError>?>(nil)
            let next = operation
            await Self.onTheThread(of: store) {
                disk.before(next) {
                    let result = Result { () throws(DurableQueueError) in try SegmentLogStore(folder: path) }
                    opened.withLock { $0 = result }
                }
            }
            try await store.destroy()
            switch opened.withLock({ $0 }) {
            case .failure(let error):
                #expect(error.code == .locked)
                refusals += 1
            case .success(let back):
                openings += 1
                #expect(back.origin != store.origin)
                let entry = LogFaultTests.entry(1, in: back)
                try await back.append([.add(entry)])
                #expect(throws: DurableQueueError.self) { try SegmentLogStore(folder: path) }
                await back.close()
                let again = try SegmentLogStore(folder: path)
                #expect(again.recovery.entries.map(\.identity) == [entry.identity])
                try await again.destroy()
            case nil:
                #expect(try PosixFileSystem().names(in: folder.path + "/shares").isEmpty)
                #expect(refusals > 5 && openings > 0, "\(refusals) refused, \(openings) opened")
                return
            }
        }
    }
}

/// The disk, with something to be done before one of the operations that come.
private final class WatchedFileSystem: FileSystem {
    private struct State: Sendable {
        var left = 0
        var body: (@Sendable () -> Void)?
    }

    private let real = PosixFileSystem()
    private let state = Mutex(State())

    func before(_ operation: Int, _ body: @escaping @Sendable () -> Void) {
        state.withLock { $0 = State(left: operation, body: body) }
    }

    private func step() {
        let body: (@Sendable () -> Void)? = state.withLock { state in
            state.left -= 1
            return state.left == 0 ? state.body : nil
        }
        body?()
    }

    func makeFolder(_ path: String) throws(FileSystemError) { try real.makeFolder(path) }

    func names(in folder: String) throws(FileSystemError) -> [String] {
        step()
        return try real.names(in: folder)
    }

    func open(_ path: String, creating: Bool) throws(FileSystemError) -> any OpenFile {
        step()
        return try real.open(path, creating: creating)
    }

    func rename(_ path: String, to newPath: String) throws(FileSystemError) { try real.rename(path, to: newPath) }

    func remove(_ path: String) throws(FileSystemError) {
        step()
        try real.remove(path)
    }

    func removeFolder(_ path: String) throws(FileSystemError) {
        step()
        try real.removeFolder(path)
    }

    func synchronizeFolder(_ path: String) throws(FileSystemError) {
        step()
        try real.synchronizeFolder(path)
    }

    func lock(_ path: String) throws(FileSystemError) -> (any FileLock)? { try real.lock(path) }
}
