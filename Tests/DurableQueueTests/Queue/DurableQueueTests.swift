internal import DurableQueue
internal import DurableQueueTestKit
internal import Glibc
internal import Synchronization
internal import TestSupport
internal import Testing

@Suite struct DurableQueueTests {
    /// What a handler saw.
    final class Seen: Sendable {
        private let payloads = Mutex<[[UInt8]]>([])
        var all: [[UInt8]] { payloads.withLock { $0 } }
        func add(_ deliveries: [Delivery]) { payloads.withLock { $0 += deliveries.map(\.payload) } }
    }

    static func configuration(_ change: (inout QueueConfiguration) -> Void = { _ in }) -> QueueConfiguration {
        var configuration = QueueConfiguration(name: "test")
        configuration.retryDelay = .milliseconds(5)
        change(&configuration)
        return configuration
    }

    /// Runs a queue while `body` does, then ends it in good order.
    static func running<Value: Sendable>(
        _ queue: DurableQueue, _ handler: @escaping @Sendable ([Delivery]) async throws -> Void,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await queue.run(handler) }
            let value = try await body()
            group.cancelAll()
            try await group.waitForAll()
            await queue.close()
            return value
        }
    }

    @Test func everythingThatIsTakenIsRunOnce() async throws {
        let folder = try TemporaryFolder("queue")
        let queue = DurableQueue(store: try SegmentLogStore(folder: folder.path), configuration: Self.configuration())
        let seen = Seen()
        try await Self.running(queue, { seen.add($0) }) {
            try await withThrowingTaskGroup { group in
                for number in 0..<300 {
                    group.addTask { try await queue.enqueue(payload: [UInt8(number % 256), UInt8(number / 256)]) }
                }
                try await group.waitForAll()
            }
            try await eventually("all were run") { queue.status.depth == 0 }
        }
        #expect(seen.all.count == 300)
        #expect(Set(seen.all).count == 300)
        #expect(queue.status.dead == 0)
    }

    @Test func whatWasNotRunIsRunAfterARestart() async throws {
        let folder = try TemporaryFolder("queue")
        let first = DurableQueue(store: try SegmentLogStore(folder: folder.path))
        let receipts = try await [[1], [2], [3]].asyncMap { try await first.enqueue(id: "id \($0[0])", payload: $0) }
        await first.close()
        let second = DurableQueue(store: try SegmentLogStore(folder: folder.path))
        let seen = Seen()
        try await Self.running(second, { seen.add($0) }) {
            let again = try await second.enqueue(id: "id 2", payload: [9])
            #expect(again == Receipt(identity: receipts[1].identity, isKnown: true))
            try await eventually("all were run") { second.status.depth == 0 }
        }
        #expect(seen.all == [[1], [2], [3]])
        let third = DurableQueue(store: try SegmentLogStore(folder: folder.path))
        #expect(third.status.depth == 0)
        await third.close()
    }

    @Test func aPoisonousEntryIsGivenUpAndTheOthersRun() async throws {
        let configuration = Self.configuration { $0.maximumFailures = 3 }
        let queue = DurableQueue(store: try InMemoryStore(), configuration: configuration)
        let seen = Seen()
        for number in 0..<20 as Range<UInt8> { _ = try await queue.enqueue(payload: [number]) }
        struct Poison: Error {}
        let handler: @Sendable ([Delivery]) async throws -> Void = { deliveries in
            if deliveries.contains(where: { $0.payload == [7] }) { throw Poison() }
            seen.add(deliveries)
        }
        try await Self.running(queue, handler) {
            try await eventually("all but one were run") { queue.status.depth == 0 }
            #expect(queue.status.dead == 1)
            let dead = try #require(queue.deadLetters.first)
            #expect(dead.progress.lastError == "Poison()")
            #expect(try await queue.retry([dead.identity]) == [dead.identity])
            try await eventually("it was given up again") { queue.status.dead == 1 }
            #expect(try await queue.drop([dead.identity]) == [dead.identity])
            #expect(queue.status.dead == 0)
        }
        #expect(Set(seen.all) == Set((0..<20).filter { $0 != 7 }.map { [$0] }))
    }

    @Test func aBatchMayFailInPart() async throws {
        let queue = DurableQueue(store: try InMemoryStore(), configuration: Self.configuration())
        for number in 1...3 as ClosedRange<UInt8> { _ = try await queue.enqueue(payload: [number]) }
        let runs = Mutex<[[UInt8]: Int]>([:])
        let handler: @Sendable ([Delivery]) async throws -> Void = { deliveries in
            runs.withLock { runs in for delivery in deliveries { runs[delivery.payload, default: 0] += 1 } }
            let failed = deliveries.filter { $0.payload == [2] && $0.run == 1 }
            if let failed = failed.first { throw BatchFailure([failed.identity: "once more"]) }
        }
        try await Self.running(queue, handler) {
            try await eventually("all were run") { queue.status.depth == 0 }
        }
        #expect(runs.withLock { $0 } == [[1]: 1, [2]: 2, [3]: 1])
    }

    @Test func whatIsNotInMemoryIsReadFromTheStore() async throws {
        let folder = try TemporaryFolder("queue")
        let configuration = Self.configuration { $0.residentBytes = 100 }
        let queue = DurableQueue(store: try SegmentLogStore(folder: folder.path), configuration: configuration)
        let payloads = (0..<10).map { [UInt8](repeating: UInt8($0), count: 60) }
        for payload in payloads { _ = try await queue.enqueue(payload: payload) }
        let seen = Seen()
        try await Self.running(queue, { seen.add($0) }) {
            try await eventually("all were run") { queue.status.depth == 0 }
        }
        #expect(seen.all == payloads)
    }

    @Test func aFullQueueRefusesOrWaits() async throws {
        let refusing = DurableQueue(
            store: try InMemoryStore(), configuration: Self.configuration { $0.maximumEntries = 1 })
        _ = try await refusing.enqueue(payload: [])
        let error = await #expect(throws: DurableQueueError.self) { try await refusing.enqueue(payload: []) }
        #expect(error?.code == .full)
        #expect(refusing.status.refusal?.code == .full)

        let waiting = DurableQueue(
            store: try InMemoryStore(),
            configuration: Self.configuration { configuration in
                configuration.maximumEntries = 1
                configuration.atBound = .wait
                // One after the other, beside tests that take the whole processor.
                configuration.acknowledgeWithin = .seconds(60)
            })
        try await Self.running(waiting, { _ in }) {
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 { group.addTask { try await waiting.enqueue(payload: []) } }
                try await group.waitForAll()
            }
        }
        #expect(waiting.status.dead == 0)
    }

    @Test func waitingHasADeadlineAndCanBeCancelled() async throws {
        let configuration = Self.configuration { configuration in
            configuration.mode = .replicated(min: 1)
            configuration.acknowledgeWithin = .milliseconds(60)
        }
        let queue = QueueGroup(store: try InMemoryStore(), service: "alone", configuration: configuration).queue
        try await Self.running(queue, { _ in }) {
            let early = await #expect(throws: DurableQueueError.self) { try await queue.enqueue(payload: [1]) }
            #expect(early?.code == .notOwner)
            try await eventually("it owns its entries") {
                queue.tickGroup(reachable: [])
                return queue.ownedOrigins == [queue.store.origin]
            }
            let late = await #expect(throws: DurableQueueError.self) { try await queue.enqueue(payload: [1]) }
            #expect(late?.code == .notReplicated)
            let cancelled = await withTaskGroup(of: DurableQueueError.Code?.self) { group in
                group.addTask {
                    do throws(DurableQueueError) { _ = try await queue.enqueue(payload: [2]) } catch {
                        return error.code
                    }
                    return nil
                }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(cancelled == .cancelled)
        }
    }

    @Test func cancellingGivesBackWhatRuns() async throws {
        let folder = try TemporaryFolder("queue")
        let queue = DurableQueue(store: try SegmentLogStore(folder: folder.path), configuration: Self.configuration())
        _ = try await queue.enqueue(payload: [1])
        let isRunning = Atomic(false)
        let handler: @Sendable ([Delivery]) async throws -> Void = { _ in
            isRunning.store(true, ordering: .relaxed)
            // For ever, that is until it is cancelled.
            try await Task.sleep(for: .seconds(600))
        }
        try await Self.running(queue, handler) {
            try await eventually("it runs") { isRunning.load(ordering: .relaxed) }
        }
        let again = try SegmentLogStore(folder: folder.path)
        let progress = try #require(again.recovery.entries.first?.progress)
        #expect(progress.status == .waiting)
        #expect((progress.runs, progress.failures, progress.crashes) == (1, 0, 0))
        await again.close()
    }

    @Test func aHandlerThatHangsFails() async throws {
        let configuration = Self.configuration { configuration in
            configuration.runWithin = .milliseconds(30)
            configuration.maximumFailures = 2
        }
        let queue = DurableQueue(store: try InMemoryStore(), configuration: configuration)
        _ = try await queue.enqueue(payload: [1])
        let handler: @Sendable ([Delivery]) async throws -> Void = { _ in
            // For ever, that is until it is cancelled.
            try await Task.sleep(for: .seconds(600))
        }
        try await Self.running(queue, handler) {
            try await eventually("it was given up") { queue.status.dead == 1 }
        }
        #expect(queue.deadLetters.first?.progress.lastError?.contains("was cancelled after") == true)
    }

    @Test func aFailingDiskEndsTheRun() async throws {
        let fileSystem = SimulatedFileSystem()
        let queue = DurableQueue(
            store: try SegmentLogStore(folder: "/log", fileSystem: fileSystem), configuration: Self.configuration())
        fileSystem.failSynchronizing(true)
        let error = await #expect(throws: DurableQueueError.self) { try await queue.enqueue(payload: [1]) }
        #expect(error?.code == .syncFailed)
        let end = await #expect(throws: DurableQueueError.self) { try await queue.run { _ in } }
        #expect(end?.code == .syncFailed)
    }

    @Test func completionsThatFindNoSpaceAreWrittenLater() async throws {
        let fileSystem = SimulatedFileSystem()
        // Room that was made ahead would be given back with the first record that is refused.
        var options = SegmentLogOptions()
        options.roomBytes = 0
        let queue = DurableQueue(
            store: try SegmentLogStore(folder: "/log", options: options, fileSystem: fileSystem),
            configuration: Self.configuration { $0.flushInterval = .milliseconds(10) })
        let receipt = try await queue.enqueue(payload: [1])
        fileSystem.limitSpace(to: 0)
        queue.complete([receipt.identity])
        try await Self.running(queue, { _ in }) {
            await #expect(throws: DurableQueueError.self) { try await queue.enqueue(payload: [2]) }
            fileSystem.limitSpace(to: nil)
            try await eventually("the completion is in the store") {
                await queue.store.snapshot().entries.contains {
                    if case .completed = $0.progress.status { true } else { false }
                }
            }
        }
    }

    @Test func foldersThatNobodyHoldsAreFound() async throws {
        let folder = try TemporaryFolder("queue")
        let folders = QueueFolders(root: folder.path + "/shares")
        #expect(try folders.free(besides: "stratum-1").names.isEmpty)
        let held = try folders.open("stratum-2")
        for name in ["stratum-1", "stratum-3", "stratum-4", "stratum-5"] { await (try folders.open(name)).close() }
        // No queues: they are left alone.
        let disk = PosixFileSystem()
        try disk.makeFolder(folders.root + "/other")
        _ = try disk.open(folders.root + "/notes", creating: true)
        // One that cannot be locked, and one that cannot be listed, not even by root.
        try disk.remove(folders.root + "/stratum-3/lock")
        try disk.makeFolder(folders.root + "/stratum-3/lock")
        #expect(symlink("stratum-6", folders.root + "/stratum-6") == 0)
        let free = try folders.free(besides: "stratum-1")
        #expect(free.names == ["stratum-4", "stratum-5"])
        #expect(free.failures.keys.sorted() == ["stratum-3", "stratum-6"])
        #expect(free.failures["stratum-6"]?.message.contains("cannot list") == true)

        let store = try folders.open("stratum-4")
        #expect(try folders.free(besides: "stratum-1").names == ["stratum-5"])
        try await store.destroy()
        #expect(
            try disk.names(in: folders.root).sorted() == [
                "notes", "other", "stratum-1", "stratum-2", "stratum-3", "stratum-5", "stratum-6",
            ])
        #expect(try disk.names(in: folders.root + "/other").isEmpty)
        // What was closed may be somebody else's by now.
        await held.close()
        let error = await #expect(throws: DurableQueueError.self) { try await held.destroy() }
        #expect(error?.code == .closed)
        #expect(try disk.names(in: folders.root).contains("stratum-2"))
    }
}

extension Sequence {
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
