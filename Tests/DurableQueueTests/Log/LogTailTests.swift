internal import DurableQueue
internal import DurableQueueTestKit
internal import Mesh
internal import Testing

/// The end of the log, cut and damaged.
@Suite struct LogTailTests {
    /// Entries, of which the last are written and not forced to the disk.
    struct Scene {
        let fileSystem = SimulatedFileSystem()
        let segment: String
        let bytes: [UInt8]
        /// Where the n-th entry ends.
        let ends: [Int]
        let synced: Int

        init(synced: Int, unsynced: Int, room: Int = 0) async throws {
            var options = SegmentLogOptions()
            options.roomBytes = room
            let store = try SegmentLogStore(folder: "/log", options: options, fileSystem: fileSystem)
            segment = try #require(
                fileSystem.sizes(in: "/log").keys.filter { $0.hasSuffix(".segment") }.sorted().last.map { "/log/\($0)" }
            )
            var ends = [fileSystem.contents(of: segment)?.count ?? 0]
            for sequence in 1...UInt64(synced + unsynced) {
                let entry = Entry(
                    identity: EntryIdentity(origin: store.origin, sequence: sequence), id: "entry \(sequence)",
                    enqueued: Timestamp(milliseconds: 1), payload: [UInt8](repeating: UInt8(sequence), count: 20))
                try await store.append([.add(entry)], until: sequence <= synced ? .synced : .written)
                ends.append(fileSystem.contents(of: segment)?.count ?? 0)
            }
            self.ends = ends
            self.synced = synced
            bytes = try #require(fileSystem.contents(of: segment))
        }

        /// The same with another end.
        func with(_ bytes: [UInt8]) -> SimulatedFileSystem {
            let changed = fileSystem.copy()
            changed.setContents(of: segment, to: bytes)
            return changed
        }
    }

    @Test func theLogCutAtEveryByteOfItsLastRecords() async throws {
        let scene = try await Scene(synced: 3, unsynced: 6)
        for size in scene.ends[3]...scene.bytes.count {
            let whole = scene.ends.lastIndex { $0 <= size } ?? 0
            let store = try SegmentLogStore(folder: "/log", fileSystem: scene.with(Array(scene.bytes.prefix(size))))
            #expect(store.recovery.entries.map(\.identity.sequence) == (0..<whole).map { UInt64($0 + 1) })
            let torn = size - scene.ends[whole]
            #expect(store.recovery.dropped.map(\.bytes) == (torn > 0 ? [torn] : []), "cut to \(size) bytes")
            await store.close()
        }
    }

    @Test func anyByteOfTheUnsyncedTailChanged() async throws {
        let scene = try await Scene(synced: 3, unsynced: 6)
        var random = MeshRandom(seed: 5)
        for offset in scene.ends[3]..<scene.bytes.count {
            var bytes = scene.bytes
            bytes[offset] ^= UInt8.random(in: 1...255, using: &random)
            let whole = scene.ends.lastIndex { $0 <= offset } ?? 0
            let store = try SegmentLogStore(folder: "/log", fileSystem: scene.with(bytes))
            #expect(store.recovery.entries.count == whole, "byte \(offset) changed")
            #expect(store.recovery.dropped.map(\.offset) == [scene.ends[whole]])
            await store.close()
        }
    }

    /// Zeros behind the records are no record and no damage; what was torn before them is.
    @Test func zerosBehindTheRecordsAreTheirEnd() async throws {
        let scene = try await Scene(synced: 3, unsynced: 2, room: 1000)
        let bare = try await Scene(synced: 3, unsynced: 2)
        let content = try #require(scene.bytes.lastIndex { $0 != 0 }) + 1
        #expect(content == bare.bytes.count && scene.bytes.count > content + 500)
        for size in [content, content + 1, content + 19, content + 20, content + 21, scene.bytes.count] {
            let fileSystem = scene.with(Array(scene.bytes.prefix(size)))
            let store = try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
            #expect(store.recovery.entries.count == 5)
            #expect(store.recovery.dropped == [])
            #expect(fileSystem.contents(of: scene.segment)?.count == content)
            await store.close()
        }
        var torn = scene.bytes
        for offset in content - 10..<content { torn[offset] = 0 }
        let store = try SegmentLogStore(folder: "/log", fileSystem: scene.with(torn))
        #expect(store.recovery.entries.count == 4)
        #expect(store.recovery.dropped.map(\.offset) == [bare.ends[4]])
        await store.close()
        // Zeros in place of what was forced to the disk are damage.
        var lost = scene.bytes
        for offset in bare.ends[1]..<bare.ends[2] { lost[offset] = 0 }
        let fileSystem = scene.with(lost)
        let error = #expect(throws: DurableQueueError.self) {
            try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
        }
        #expect(error?.code == .corrupted)
    }

    @Test func anEndInGoodOrderLeavesNoRoomBehind() async throws {
        let fileSystem = SimulatedFileSystem()
        let store = try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
        try await store.append([.add(LogFaultTests.entry(1, in: store))])
        let open = fileSystem.sizes(in: "/log").values.max() ?? 0
        #expect(open > 1 << 20)
        #expect(store.status.diskBytes < 1000)
        await store.close()
        #expect(fileSystem.sizes(in: "/log").values.max() ?? 0 < 1000)
    }

    @Test func anyByteChangedBeforeWhatWasSynced() async throws {
        // The eighth record says that the seven before it are on the disk.
        let scene = try await Scene(synced: 8, unsynced: 0)
        for offset in 0..<scene.ends[7] {
            var bytes = scene.bytes
            bytes[offset] ^= 0x10
            let fileSystem = scene.with(bytes)
            let error = #expect(throws: DurableQueueError.self) {
                try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
            }
            #expect(error?.code == .corrupted, "byte \(offset) changed: \(error.map { "\($0)" } ?? "opened")")
            #expect(fileSystem.contents(of: scene.segment) == bytes, "the damaged file was changed")
        }
    }

    @Test func aSegmentMissingInTheMiddle() async throws {
        let fileSystem = SimulatedFileSystem()
        var options = SegmentLogOptions()
        options.segmentBytes = 200
        let store = try SegmentLogStore(folder: "/log", options: options, fileSystem: fileSystem)
        for step in StoreWorkload.steps(seed: 2, count: 10, origin: store.origin) {
            try await store.append(step.records)
        }
        await store.close()
        let segments = fileSystem.sizes(in: "/log").keys.filter { $0.hasSuffix(".segment") }.sorted()
        try #require(segments.count > 3)
        try fileSystem.remove("/log/\(segments[1])")
        let error = #expect(throws: DurableQueueError.self) {
            try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
        }
        #expect(error?.code == .corrupted)
        #expect(error?.message.contains("records between are missing") == true)
    }
}
