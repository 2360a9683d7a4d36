internal import DurableQueue
internal import DurableQueueTestKit
internal import FoundationEssentials
internal import Synchronization
internal import TestSupport
internal import Testing

/// Reading a queue in order from outside, and saying how far one has come.
@Suite struct QueueReadingTests {
    private func queue(_ change: (inout QueueConfiguration) -> Void = { _ in }) throws -> DurableQueue {
        var configuration = QueueConfiguration(name: "test")
        configuration.keepsCompletedPayloads = true
        change(&configuration)
        return DurableQueue(store: try InMemoryStore(), configuration: configuration)
    }

    private func fill(_ queue: DurableQueue, _ count: Int) async throws {
        for number in 0..<count { _ = try await queue.enqueue(payload: [UInt8(number % 256)]) }
    }

    @Test func `entries come in order, from anywhere, as often as asked for`() async throws {
        let queue = try queue()
        let origin = queue.store.origin
        try await fill(queue, 10)
        let first = try await queue.entries(of: origin, after: 0, limit: 4)
        #expect(first.entries.map(\.payload) == [[0], [1], [2], [3]])
        #expect(first.upTo == 4)
        let rest = try await queue.entries(of: origin, after: first.upTo, limit: 100)
        #expect(rest.entries.map(\.identity.sequence) == Array(5...10))
        #expect(rest.upTo == 10)
        let none = try await queue.entries(of: origin, after: 10, limit: 100)
        #expect(none.entries.isEmpty && none.upTo == 10)
        let beyond = try await queue.entries(of: origin, after: .max, limit: 100)
        #expect(beyond.entries.isEmpty && beyond.upTo == .max)
        #expect(await queue.complete(of: origin, through: 7) == 7)
        let again = try await queue.entries(of: origin, after: 2, limit: 100)
        #expect(again.entries.map(\.payload) == (2..<10).map { [$0] })
    }

    @Test func `a page is bounded by its bytes, and holds one entry at least`() async throws {
        let queue = try queue()
        for size in [10, 10, 100, 10] { _ = try await queue.enqueue(payload: [UInt8](repeating: 1, count: size)) }
        let origin = queue.store.origin
        #expect(try await queue.entries(of: origin, after: 0, limit: 100, bytes: 25).upTo == 2)
        #expect(try await queue.entries(of: origin, after: 2, limit: 100, bytes: 25).upTo == 3)
    }

    @Test func `nothing behind an entry that waits for members is shown`() async throws {
        var configuration = QueueConfiguration(name: "test")
        configuration.keepsCompletedPayloads = true
        configuration.mode = .replicated(min: 1)
        configuration.acknowledgeWithin = .seconds(60)
        let queue = QueueGroup(store: try InMemoryStore(), service: "alone", configuration: configuration).queue
        let origin = queue.store.origin
        try await eventually("it owns its entries") {
            queue.tickGroup(reachable: [])
            return queue.ownedOrigins == [origin]
        }
        try await withThrowingTaskGroup { group in
            for number in 1...3 as ClosedRange<UInt8> {
                group.addTask { _ = try await queue.enqueue(payload: [number]) }
                try await eventually("it is stored") { queue.status.store.entryCount == Int(number) }
            }
            let identities = (1...3).map { EntryIdentity(origin: origin, sequence: $0) }
            queue.safe([identities[1]])
            #expect(try await queue.entries(of: origin, after: 0, limit: 100).upTo == 0)
            #expect(await queue.complete(of: origin, through: 3) == 0)
            #expect(await queue.acknowledgedThrough(of: origin) == 0)
            try await eventually("it knows that they are stored") {
                queue.safe([identities[0]])
                return try await queue.entries(of: origin, after: 0, limit: 100).upTo == 2
            }
            #expect(await queue.acknowledgedThrough(of: origin) == 2)
            // As far as it is acknowledged, and no further.
            #expect(await queue.complete(of: origin, through: .max) == 2)
            try await eventually("the third is safe") {
                queue.safe(identities)
                return try await queue.entries(of: origin, after: 2, limit: 100).upTo == 3
            }
            #expect(await queue.complete(of: origin, through: 3) == 1)
            #expect(await queue.complete(of: origin, through: 3) == 0)
            try await group.waitForAll()
        }
        #expect(queue.status.depth == 0)
    }

    @Test func `an intake that failed leaves a hole that readers pass`() async throws {
        let fileSystem = SimulatedFileSystem()
        let queue = DurableQueue(store: try SegmentLogStore(folder: "/log", fileSystem: fileSystem))
        _ = try await queue.enqueue(payload: [1])
        fileSystem.limitSpace(to: 0)
        await #expect(throws: DurableQueueError.self) { _ = try await queue.enqueue(payload: [2]) }
        fileSystem.limitSpace(to: nil)
        _ = try await queue.enqueue(payload: [3])
        let page = try await queue.entries(of: queue.store.origin, after: 0, limit: 100)
        #expect(page.entries.map(\.identity.sequence) == [1, 3])
        #expect(await queue.acknowledgedThrough(of: queue.store.origin) == 3)
        await queue.close()
    }

    /// Runs `body` while the second entry is there and the first is still on its way, as it is where an application's transaction writes an
    /// entry while others wait for the database; checks that the second is shown with the first and not before.
    private func withSecondBeforeFirst(
        _ body: (DurableQueue, _ second: EntryIdentity) async throws -> Void
    ) async throws {
        var configuration = QueueConfiguration(name: "test")
        configuration.acknowledgeWithin = .seconds(60)
        configuration.maximumFailures = 1
        let store = LateStore(try InMemoryStore())
        let queue = DurableQueue(store: store, configuration: configuration)
        let origin = store.origin
        try await withThrowingTaskGroup { group in
            group.addTask { _ = try await queue.enqueue(payload: [1]) }
            try await eventually("the first is on its way") { store.isHolding }
            guard case .new(let second) = try queue.beginIntake(id: nil, key: nil, payload: [2]) else {
                throw TestSupportError("the second is not new")
            }
            try await store.append([.add(second)])
            queue.endIntake(of: second.identity, failure: nil)
            try await body(queue, second.identity)
            #expect(try await queue.entries(of: origin, after: 0, limit: 10).upTo == 0)
            store.letGo()
            try await group.waitForAll()
        }
        let page = try await queue.entries(of: origin, after: 0, limit: 10)
        #expect(page.entries.map(\.payload) == [[1], [2]] && page.upTo == 2)
    }

    @Test func `an entry that the store shows too early waits for those before it`() async throws {
        try await withSecondBeforeFirst { queue, second in
            #expect(await queue.complete(of: second.origin, through: 2) == 0)
        }
    }

    @Test func `a dead letter that is tried again is not taken for the first that is not acknowledged`() async throws {
        try await withSecondBeforeFirst { queue, second in
            try await withThrowingTaskGroup { running in
                running.addTask { try await queue.run { _ in throw BatchFailure([second: "no"]) } }
                try await eventually("it is given up") { queue.status.dead == 1 }
                running.cancelAll()
                try await running.waitForAll()
            }
            #expect(try await queue.retry([second]) == [second])
        }
    }

    @Test func `what was completed is read again after a restart`() async throws {
        let folder = try TemporaryFolder("queue")
        var configuration = QueueConfiguration(name: "test")
        configuration.keepsCompletedPayloads = true
        let first = DurableQueue(store: try SegmentLogStore(folder: folder.path), configuration: configuration)
        try await fill(first, 20)
        #expect(await first.complete(of: first.store.origin, through: 15) == 15)
        await first.close()
        let second = DurableQueue(store: try SegmentLogStore(folder: folder.path), configuration: configuration)
        #expect(second.status.depth == 5)
        let page = try await second.entries(of: second.store.origin, after: 0, limit: 100)
        #expect(page.entries.map(\.payload) == (0..<20).map { [$0] })
        #expect(await second.complete(of: second.store.origin, through: 20) == 5)
        await second.close()
    }

    @Test func `the reader's cursor, said again, lets go of what was completed a window ago`() async throws {
        let milliseconds = Atomic<Int64>(0)
        var configuration = QueueConfiguration(name: "test")
        configuration.keepsCompletedPayloads = true
        configuration.forgetting = .onceConfirmed
        let queue = DurableQueue(
            store: try InMemoryStore(), configuration: configuration,
            clock: QueueClock { Timestamp(milliseconds: milliseconds.load(ordering: .relaxed)) })
        let origin = queue.store.origin
        try await fill(queue, 6)
        #expect(await queue.complete(of: origin, through: 5) == 5)
        milliseconds.store(900_000, ordering: .relaxed)
        // The reader's memory was set back, and it reads again what is counted no more.
        #expect(await queue.complete(of: origin, through: 2) == 0)
        #expect(
            try await queue.entries(of: origin, after: 0, limit: 10).entries.map(\.payload) == [[2], [3], [4], [5]])
        #expect(await queue.complete(of: origin, through: 6) == 1)
        #expect(try await queue.entries(of: origin, after: 0, limit: 10).entries.map(\.payload) == [[5]])
        await queue.close()
    }

    @Test func `whoever waits hears of new entries, and of the end of the time`() async throws {
        let queue = try queue()
        let before = queue.changes
        #expect(await !queue.waitForChange(since: before, within: .milliseconds(1)))
        async let heard = queue.waitForChange(since: before, within: .seconds(60))
        try await fill(queue, 1)
        #expect(await heard)
        #expect(await queue.waitForChange(since: before, within: .seconds(60)))
        let now = queue.changes
        let cancelled = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await queue.waitForChange(since: now, within: .seconds(60)) }
            group.cancelAll()
            return await group.next() ?? true
        }
        #expect(!cancelled)
    }

    /// Reading and completing everything takes a time that grows with the number of entries, not with its square.
    @Test func `many entries are read and completed at a pace that does not depend on how many there are`() async throws
    {
        func pace(_ count: Int) async throws -> Double {
            let folder = try TemporaryFolder("queue")
            let store = try SegmentLogStore(folder: folder.path)
            try await store.append(
                (1...UInt64(count)).map { sequence in
                    let identity = EntryIdentity(origin: store.origin, sequence: sequence)
                    return .add(
                        Entry(
                            identity: identity, id: "\(sequence)", enqueued: Timestamp(milliseconds: 0),
                            payload: [UInt8](repeating: 7, count: 120)))
                })
            let queue = DurableQueue(store: store)
            let start = ContinuousClock.now
            var (position, read): (UInt64, Int) = (0, 0)
            while read < count {
                let page = try await queue.entries(of: queue.store.origin, after: position, limit: 500)
                (position, read) = (page.upTo, read + page.entries.count)
                #expect(await queue.complete(of: queue.store.origin, through: position) == page.entries.count)
            }
            let time = ContinuousClock.now - start
            await queue.close()
            return Double(count) / (time / .seconds(1))
        }
        let (few, many) = (try await pace(2_000), try await pace(16_000))
        // Were it quadratic, it would be an eighth.
        #expect(many > few / 4, "\(few) and \(many) entries a second")
    }
}
