internal import DurableQueue
internal import DurableQueueTestKit
internal import Synchronization
internal import TestSupport
internal import Testing

/// What becomes of intakes for which something comes too late.
@Suite(.timeLimit(.minutes(2))) struct LateIntakeTests {
    private static func withdrawing(_ change: (inout QueueConfiguration) -> Void) -> QueueConfiguration {
        DurableQueueTests.configuration { configuration in
            configuration.withdrawsUnreplicated = true
            configuration.acknowledgeWithin = .milliseconds(50)
            change(&configuration)
        }
    }

    private static func failure(of queue: DurableQueue, id: EntryID? = nil, payload: [UInt8]) async
        -> DurableQueueError?
    {
        do throws(DurableQueueError) { _ = try await queue.enqueue(id: id, payload: payload) } catch { return error }
        return nil
    }

    @Test func `an entry that the disk takes after its refusal does not run`() async throws {
        let store = LateStore(try InMemoryStore())
        let queue = DurableQueue(
            store: store, configuration: Self.withdrawing { $0.withdrawWithin = .milliseconds(50) })
        let seen = DurableQueueTests.Seen()
        try await DurableQueueTests.running(queue, { seen.add($0) }) {
            let error = await Self.failure(of: queue, id: "a", payload: [1])
            #expect(error?.code == .timeout && error?.message.contains("taken back") == true)
            // The same again is a new entry.
            #expect(try await queue.enqueue(id: "a", payload: [2]).isKnown == false)
            store.letGo()
            try await eventually("only the second is left") {
                await store.entries(of: store.origin, from: 1, limit: 10).map(\.identity.sequence) == [2]
                    && queue.status.depth == 0
            }
        }
        #expect(seen.all == [[2]])
    }

    @Test func `an entry that the disk takes soon after the deadline is said to be taken back`() async throws {
        let store = LateStore(try InMemoryStore())
        let queue = DurableQueue(
            store: store,
            configuration: Self.withdrawing { configuration in
                configuration.withdrawWithin = .seconds(60)
                configuration.maximumEntries = 1
                configuration.atBound = .wait
            })
        try await DurableQueueTests.running(queue, { _ in }) {
            async let first = Self.failure(of: queue, payload: [1])
            try await eventually("the first is on its way") { store.isHolding }
            // Its deadline is the later one.
            #expect(await Self.failure(of: queue, payload: [2])?.code == .full)
            store.letGo()
            #expect(await first?.code == .withdrawn)
            #expect(await store.entries(of: store.origin, from: 1, limit: 10).isEmpty)
        }
    }

    /// A queue that waits for members that never come, and its clock.
    private static func alone(
        _ store: any DurableStore, _ change: (inout QueueConfiguration) -> Void
    ) async throws -> (queue: DurableQueue, time: TestTime) {
        let time = TestTime()
        let configuration = DurableQueueTests.configuration { configuration in
            configuration.mode = .replicated(min: 1)
            configuration.atBound = .wait
            configuration.acknowledgeWithin = .seconds(2)
            change(&configuration)
        }
        let queue = QueueGroup(
            store: store, service: "alone", configuration: configuration, clock: time.clock
        ).queue
        try await eventually("it owns its entries") {
            time.advance(by: 10)
            queue.tickGroup(reachable: [])
            return queue.ownedOrigins == [store.origin]
        }
        return (queue, time)
    }

    private final class TestTime: Sendable {
        private let milliseconds = Mutex<Int64>(1_700_000_000_000)
        var clock: QueueClock { QueueClock { Timestamp(milliseconds: self.milliseconds.withLock { $0 }) } }
        func advance(by more: Int64) { milliseconds.withLock { $0 += more } }
    }

    @Test func `an entry of a group that its own disk takes too late is taken back`() async throws {
        let store = LateStore(try InMemoryStore(), isOpen: true)
        let (queue, time) = try await Self.alone(store) { configuration in
            configuration.withdrawsUnreplicated = true
            configuration.withdrawWithin = .seconds(3600)
            configuration.maximumEntries = 1
        }
        try await DurableQueueTests.running(queue, { _ in }) {
            store.holdNext()
            async let first = Self.failure(of: queue, payload: [1])
            try await eventually("the first is on its way") { store.isHolding }
            // For want of room it is refused at its deadline, which is the later one.
            let isRefused = Atomic(false)
            async let second: Void = {
                #expect(await Self.failure(of: queue, payload: [2])?.code == .full)
                isRefused.store(true, ordering: .relaxed)
            }()
            try await eventually("the second is refused") {
                time.advance(by: 500)
                return isRefused.load(ordering: .relaxed)
            }
            await second
            store.letGo()
            try await eventually("it is written, and gone again") { queue.status.depth == 0 }
            // As the group does while it runs.
            try await eventually("it is forgotten") {
                queue.tickGroup(reachable: [])
                return await store.entries(of: store.origin, from: 1, limit: 10).isEmpty
            }
            queue.tickGroup(reachable: [])
            #expect(await first?.code == .withdrawn)
            #expect(await store.entries(of: store.origin, from: 1, limit: 10).isEmpty)
        }
    }

    @Test func `whoever waited for room is answered at the deadline, with others behind`() async throws {
        let store = try InMemoryStore()
        let (queue, time) = try await Self.alone(store) { configuration in
            configuration.maximumBytes = 100
            configuration.maximumWaiting = 1
        }
        let large = [UInt8](repeating: 1, count: 60)
        try await DurableQueueTests.running(queue, { _ in }) {
            async let first = Self.failure(of: queue, payload: large)
            try await eventually("the first is in") { queue.status.depth == 1 }
            try await withThrowingTaskGroup(of: DurableQueueError?.self) { group in
                for _ in 0..<2 { group.addTask { await Self.failure(of: queue, payload: large) } }
                // One of them; the other waits.
                #expect(try await group.next()??.code == .full)
                time.advance(by: 1000)
                async let small = Self.failure(of: queue, payload: [1])
                try await eventually("the small one is in") { queue.status.depth == 2 }
                queue.complete([EntryIdentity(origin: store.origin, sequence: 1)])
                try await eventually("the one that waited is in, and written") {
                    await store.entries(of: store.origin, from: 1, limit: 10).count == 3
                }
                #expect(queue.status.depth == 2)
                time.advance(by: 1500)
                #expect(try await group.next()??.code == .notReplicated)
                time.advance(by: 1000)
                #expect(await small?.code == .notReplicated)
            }
            #expect(await first == nil)
        }
    }

    @Test func `a store that fails is told to all who wait, and to whoever comes`() async throws {
        let fileSystem = SimulatedFileSystem()
        let store = try SegmentLogStore(folder: "/log", fileSystem: fileSystem)
        let (queue, _) = try await Self.alone(store) { $0.maximumEntries = 1 }
        await withTaskGroup(of: DurableQueueError.Code?.self) { group in
            group.addTask { await Self.end(of: queue)?.code }
            group.addTask { await Self.failure(of: queue, payload: [1])?.code }
            group.addTask { await Self.failure(of: queue, payload: [2])?.code }
            do {
                try await eventually("one of them is in, and written") { store.status.entryCount == 1 }
            } catch { Issue.record(error) }
            fileSystem.failSynchronizing(true)
            let entry = Entry(
                identity: EntryIdentity(origin: store.origin, sequence: 9), id: "9",
                enqueued: Timestamp(milliseconds: 0), payload: [])
            await #expect(throws: DurableQueueError.self) { try await store.append([.add(entry)]) }
            for await code in group { #expect(code == .syncFailed) }
        }
        #expect(await Self.failure(of: queue, payload: [3])?.code == .syncFailed)
        await queue.close()
    }

    private static func end(of queue: DurableQueue) async -> DurableQueueError? {
        do throws(DurableQueueError) { try await queue.run { _ in } } catch { return error }
        return nil
    }
}
