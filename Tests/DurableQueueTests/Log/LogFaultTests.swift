internal import Dispatch
internal import DurableQueue
internal import DurableQueueTestKit
internal import TestSupport
internal import Testing

/// Disks that are full, read-only, failing, or somebody else's.
@Suite struct LogFaultTests {
    static func entry(_ sequence: UInt64, in store: SegmentLogStore, bytes: Int = 100) -> Entry {
        Entry(
            identity: EntryIdentity(origin: store.origin, sequence: sequence), id: "entry \(sequence)",
            enqueued: Timestamp(milliseconds: 1), payload: [UInt8](repeating: 1, count: bytes))
    }

    static func code(_ body: () async throws -> Void) async throws -> DurableQueueError.Code? {
        do { try await body() } catch let error as DurableQueueError { return error.code }
        return nil
    }

    @Test func aFullDiskRefusesAndGoesOn() async throws {
        let fileSystem = SimulatedFileSystem()
        let store = try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
        try await store.append([.add(Self.entry(1, in: store))])
        fileSystem.limitSpace(to: 70)
        let error = await #expect(throws: DurableQueueError.self) {
            try await store.append([.add(Self.entry(2, in: store))])
        }
        #expect(error?.code == .diskFull)
        #expect(error?.message.contains("free some space") == true)
        #expect(store.status.refusal?.code == .diskFull)
        fileSystem.limitSpace(to: nil)
        try await store.append([.add(Self.entry(3, in: store))])
        #expect(store.status.refusal == nil)
        await store.close()
        let again = try SegmentLogStore(folder: "/log", fileSystem: fileSystem.restarted(.nothing))
        #expect(again.recovery.entries.map(\.identity.sequence) == [1, 3])
        #expect(again.recovery.dropped == [])
        await again.close()
    }

    @Test func aFullDiskAtTheBeginningOfASegment() async throws {
        let fileSystem = SimulatedFileSystem()
        var options = SegmentLogOptions()
        (options.segmentBytes, options.roomBytes) = (100, 0)
        let store = try SegmentLogStore(folder: "/log", options: options, fileSystem: fileSystem)
        try await store.append([.add(Self.entry(1, in: store))])
        fileSystem.limitSpace(to: 20)
        #expect(try await Self.code { try await store.append([.add(Self.entry(2, in: store))]) } == .diskFull)
        fileSystem.limitSpace(to: nil)
        try await store.append([.add(Self.entry(3, in: store))])
        await store.close()
        let again = try SegmentLogStore(folder: "/log", fileSystem: fileSystem.restarted(.nothing))
        #expect(again.recovery.entries.map(\.identity.sequence) == [1, 3])
        await again.close()
    }

    /// What does not fit together is written one by one, and a segment may begin between.
    @Test func aSequenceIsNotForgottenWithTheSegmentThatHadIt() async throws {
        let fileSystem = SimulatedFileSystem()
        var options = SegmentLogOptions()
        (options.segmentBytes, options.roomBytes) = (100, 0)
        let store = try SegmentLogStore(folder: "/log", options: options, fileSystem: fileSystem)
        let first = Self.entry(1, in: store)
        fileSystem.limitSpace(to: 1000)
        let gate = DispatchSemaphore(value: 0)
        store.submit([], until: .written) { _ in gate.wait() }
        store.submit([.add(first)], until: .synced) { #expect($0 == nil) }
        store.submit([.add(Self.entry(2, in: store, bytes: 10_000))], until: .synced) { #expect($0?.code == .diskFull) }
        store.submit([.forget([first.identity])], until: .synced) { #expect($0 == nil) }
        gate.signal()
        await store.close()
        let again = try SegmentLogStore(folder: "/log", fileSystem: fileSystem.restarted(.nothing))
        #expect(again.recovery.entries.isEmpty)
        #expect(again.recovery.highestSequence == 1)
        await again.close()
    }

    @Test func aReadOnlyDiskIsNotOpened() async throws {
        let fileSystem = SimulatedFileSystem()
        fileSystem.setReadOnly(true)
        #expect(try await Self.code { _ = try SegmentLogStore(folder: "/log", fileSystem: fileSystem) } == .readOnly)
    }

    @Test func aDiskThatBecomesReadOnlyRefusesUntilItCanBeWritten() async throws {
        let fileSystem = SimulatedFileSystem()
        let store = try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
        try await store.append([.add(Self.entry(1, in: store))])
        fileSystem.setReadOnly(true)
        for sequence: UInt64 in 2...3 {
            #expect(
                try await Self.code { try await store.append([.add(Self.entry(sequence, in: store))]) } == .readOnly)
        }
        #expect(store.status.refusal?.code == .readOnly && store.status.failure == nil)
        #expect(try await store.entries([Self.entry(1, in: store).identity]).count == 1)
        fileSystem.setReadOnly(false)
        try await store.append([.add(Self.entry(4, in: store))])
        #expect(store.status.refusal == nil)
        await store.close()
        let again = try SegmentLogStore(folder: "/log", fileSystem: fileSystem.restarted(.nothing))
        #expect(again.recovery.entries.map(\.identity.sequence) == [1, 4])
        #expect(again.recovery.dropped == [])
        await again.close()
    }

    /// What is behind a record that is as long as the first of them would be taken for the next one: its number fits.
    @Test func whatIsLeftOfARefusedWriteIsNotRecovered() async throws {
        let fileSystem = SimulatedFileSystem()
        let store = try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
        try await store.append([.add(Self.entry(1, in: store))])
        fileSystem.setReadOnly(true, leaving: .max)
        let refused = [2, 3].map { StoreRecord.add(Self.entry($0, in: store)) }
        #expect(try await Self.code { try await store.append(refused) } == .readOnly)
        fileSystem.setReadOnly(false)
        try await store.append([.add(Self.entry(4, in: store))])
        // Closing cuts off what is behind the last record.
        let again = try SegmentLogStore(folder: "/log", fileSystem: fileSystem.restarted(.nothing))
        #expect(again.recovery.entries.map(\.identity.sequence) == [1, 4])
        await again.close()
        await store.close()
    }

    @Test(arguments: [SimulatedFileSystem.Survival.nothing, .some(seed: 3)])
    func aFailureToSynchronizeIsFatal(_ survival: SimulatedFileSystem.Survival) async throws {
        let fileSystem = SimulatedFileSystem()
        let store = try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
        try await store.append([.add(Self.entry(1, in: store))])
        fileSystem.failSynchronizing(true)
        #expect(try await Self.code { try await store.append([.add(Self.entry(2, in: store))]) } == .syncFailed)
        fileSystem.failSynchronizing(false)
        #expect(try await Self.code { try await store.append([.add(Self.entry(3, in: store))]) } == .syncFailed)
        #expect(try await Self.code { try await store.flush() } == .syncFailed)
        #expect(store.status.failure?.code == .syncFailed)
        await store.close()

        // The next process sees the second entry in the cache. What it makes of it has to be on the disk.
        let again = try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
        let found = again.recovery.entries.map(\.identity.sequence)
        #expect(found == [1, 2])
        let later = try SegmentLogStore(folder: "/log", fileSystem: fileSystem.restarted(survival))
        #expect(later.recovery.entries.map(\.identity.sequence) == found)
    }

    @Test func aHeldFolderIsNotOpened() async throws {
        let folder = try TemporaryFolder("queue")
        let store = try SegmentLogStore(folder: folder.path + "/a/b")
        let error = #expect(throws: DurableQueueError.self) { try SegmentLogStore(folder: folder.path + "/a/b") }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("a folder of its own") == true)
        await store.close()
        let again = try SegmentLogStore(folder: folder.path + "/a/b")
        #expect(again.origin == store.origin)
        await again.close()
    }

    @Test func theDiskHasABound() async throws {
        var options = SegmentLogOptions()
        options.segmentBytes = 2000
        options.maximumDiskBytes = 10_000
        let store = try SegmentLogStore(folder: "/log", options: options, fileSystem: SimulatedFileSystem())
        var taken: [EntryIdentity] = []
        var sequence: UInt64 = 0
        while sequence < 1000 {
            sequence += 1
            let entry = Self.entry(sequence, in: store)
            guard try await Self.code({ try await store.append([.add(entry)]) }) == nil else { break }
            taken.append(entry.identity)
        }
        #expect((40...99).contains(taken.count))
        #expect(store.status.refusal?.code == .full)
        #expect(store.status.diskBytes <= options.maximumDiskBytes)
        // What becomes of them is still written, and makes room.
        try await store.append([.complete(taken, at: Timestamp(milliseconds: 2), keepsPayload: false), .forget(taken)])
        for _ in 0..<10 { try await store.flush() }
        try await store.append([.add(Self.entry(2000, in: store))])
        #expect(store.status.diskBytes < 4000)
        #expect(store.status.refusal == nil)
        await store.close()
    }

    /// What a queue notes of itself is needed for good, and written seldom.
    @Test(arguments: [60, 6000]) func oneOldRecordDoesNotHalveTheBound(_ payloadBytes: Int) async throws {
        var options = SegmentLogOptions()
        options.segmentBytes = 20 * payloadBytes
        options.maximumDiskBytes = 400 * payloadBytes
        options.compactionStepBytes = 1000
        let store = try SegmentLogStore(folder: "/log", options: options, fileSystem: SimulatedFileSystem())
        try await store.append([.mark(ReplicaMark(), of: store.origin)])
        var window: [EntryIdentity] = []
        var highest = 0
        for sequence in 1...2000 as ClosedRange<UInt64> {
            let entry = Self.entry(sequence, in: store, bytes: payloadBytes)
            try await store.append([.add(entry)])
            window.append(entry.identity)
            // Two thirds of the bound are needed.
            if store.status.liveBytes > options.maximumDiskBytes * 2 / 3 {
                try await store.append([.forget([window.removeFirst()])])
            }
            highest = max(highest, store.status.diskBytes)
        }
        #expect(highest <= options.maximumDiskBytes + options.segmentBytes, "\(highest) bytes")
        #expect(store.recovery.marks.count == 1)
        #expect(Set(store.recovery.entries.map(\.identity)) == Set(window))
        await store.close()
    }

    /// Nothing else comes while entries are refused, so space has to be won back without it.
    @Test func spaceIsWonBackByItself() async throws {
        var options = SegmentLogOptions()
        options.segmentBytes = 2000
        options.maximumDiskBytes = 20_000
        options.compactionStepBytes = 100
        let store = try SegmentLogStore(folder: "/log", options: options, fileSystem: SimulatedFileSystem())
        var sequence: UInt64 = 0
        while sequence < 1000, store.status.refusal == nil {
            sequence += 1
            let entry = Self.entry(sequence, in: store)
            _ = try await Self.code { try await store.append([.add(entry)]) }
        }
        #expect(sequence < 1000)
        let every = stride(from: 1, to: sequence, by: 2).map { EntryIdentity(origin: store.origin, sequence: $0) }
        try await store.append([.forget(every)])
        try await eventually("there is room again") { store.status.refusal == nil }
        try await store.append([.add(Self.entry(2000, in: store))])
        await store.close()
    }

    @Test func whatIsHeldForOthersIsWrittenBeyondTheBound() async throws {
        var options = SegmentLogOptions()
        options.maximumDiskBytes = 500
        let store = try SegmentLogStore(folder: "/log", options: options, fileSystem: SimulatedFileSystem())
        let large = Self.entry(2, in: store, bytes: 1000)
        #expect(try await Self.code { try await store.append([.add(large)]) } == .full)
        // A completion that frees space may stand behind an entry.
        try await store.append([.add(large), .mark(ReplicaMark(), of: store.origin)])
        #expect(store.status.entryCount == 1)
        await store.close()
    }

    @Test func compactionKeepsWhatIsNeeded() async throws {
        let fileSystem = SimulatedFileSystem()
        var options = SegmentLogOptions()
        options.segmentBytes = 2000
        options.compactionStepBytes = 500
        let store = try SegmentLogStore(folder: "/log", options: options, fileSystem: fileSystem)
        let old = Self.entry(1, in: store)
        let remembered = Self.entry(2, in: store)
        try await store.append([
            .add(old), .add(remembered), .fail(old.identity, error: "not yet"),
            .complete([remembered.identity], at: Timestamp(milliseconds: 2), keepsPayload: false),
        ])
        for sequence in 3...500 as ClosedRange<UInt64> {
            let entry = Self.entry(sequence, in: store)
            try await store.append([.add(entry)])
            try await store.append([
                .complete([entry.identity], at: Timestamp(milliseconds: 3), keepsPayload: false),
                .forget([entry.identity]),
            ])
        }
        #expect(store.status.entryCount == 2)
        #expect(store.status.diskBytes < 10_000, "\(store.status.diskBytes) bytes for two entries")
        #expect(try await store.entries([old.identity]) == [old])
        await store.close()
        let again = try SegmentLogStore(folder: "/log", options: options, fileSystem: fileSystem.restarted(.nothing))
        #expect(again.recovery.entries.map(\.header) == [old.header, remembered.header])
        #expect(again.recovery.entries.map(\.progress.lastError) == ["not yet", nil])
        #expect(again.recovery.highestSequence == 500)
        #expect(try await again.entries([old.identity]) == [old])
        await again.close()
    }

    @Test func manyWaitersShareOneSynchronization() async throws {
        let folder = try TemporaryFolder("queue")
        let store = try SegmentLogStore(folder: folder.path)
        try await withThrowingTaskGroup { group in
            for sequence in 1...500 as ClosedRange<UInt64> {
                group.addTask { try await store.append([.add(Self.entry(sequence, in: store))]) }
            }
            try await group.waitForAll()
        }
        #expect(store.status.synchronizations < 400)
        await store.close()
    }
}
