internal import DurableQueue
internal import DurableQueueTestKit
internal import FoundationEssentials
internal import Synchronization
internal import TestSupport
internal import Testing

@Suite struct QueueDeskTests {
    /// What a reader was given.
    private final class Chunks: Sendable {
        private let chunks = Mutex<[QueueChunk]>([])
        var all: [QueueChunk] { chunks.withLock { $0 } }
        var payloads: [[UInt8]] { all.flatMap(\.entries).map(\.payload) }
        func add(_ chunk: QueueChunk) { chunks.withLock { $0.append(chunk) } }
    }

    private static func desk() -> QueueDesk {
        var options = QueueDesk.Options()
        options.chunkEntries = 3
        options.heartbeat = .milliseconds(50)
        options.gatherFor = .milliseconds(5)
        return QueueDesk(options: options)
    }

    private static func queue(_ name: String = "shares") throws -> DurableQueue {
        DurableQueue(store: try InMemoryStore(), configuration: DurableQueueTests.configuration { $0.name = name })
    }

    @Test func `a reader gets what is there, then what comes, and signs of life between`() async throws {
        let (desk, queue, chunks) = (Self.desk(), try Self.queue(), Chunks())
        desk.add(queue)
        for number in 0..<8 as Range<UInt8> { _ = try await queue.enqueue(payload: [number]) }
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await desk.read(queue.store.origin, of: "shares", after: 2) { chunks.add($0) }
            }
            try await eventually("a sign of life") { chunks.all.contains { $0.entries.isEmpty } }
            for number in 8..<10 as Range<UInt8> { _ = try await queue.enqueue(payload: [number]) }
            try await eventually("all came") { chunks.payloads.count == 8 }
            desk.remove(queue)
            let error = await #expect(throws: QueueDeskError.self) { try await group.next() }
            #expect(error?.remoteName == QueueDeskError.unknownQueue)
        }
        #expect(chunks.payloads == (2..<10).map { [$0] })
        var position: UInt64 = 2
        for chunk in chunks.all {
            #expect(chunk.after == position && chunk.entries.count <= 3)
            #expect(chunk.entries.last.map { $0.sequence == chunk.upTo } ?? (chunk.upTo == position))
            position = chunk.upTo
        }
    }

    @Test func `an origin that is served no more ends its readers`() async throws {
        let (desk, queue, chunks) = (Self.desk(), try Self.queue(), Chunks())
        let origins = Mutex<[UUID: UInt64]>([queue.store.origin: 7])
        desk.add(queue) { QueueStanding(origins: origins.withLock { $0 }) }
        _ = try await queue.enqueue(payload: [1])
        try await withThrowingTaskGroup { group in
            group.addTask { try await desk.read(queue.store.origin, of: "shares", after: 0) { chunks.add($0) } }
            try await eventually("the first came") { chunks.all.first?.epoch == 7 }
            origins.withLock { $0 = [:] }
            let error = await #expect(throws: QueueDeskError.self) { try await group.next() }
            #expect(error?.remoteName == QueueDeskError.unknownOrigin)
        }
        await #expect(throws: QueueDeskError.self) {
            _ = try await desk.complete(queue.store.origin, of: "shares", through: 1)
        }
        await #expect(throws: QueueDeskError.self) { try await desk.read(UUID(), of: "other", after: 0) { _ in } }
    }

    @Test func `a desk whose process ends lets its readers go`() async throws {
        let (desk, queue, chunks) = (Self.desk(), try Self.queue(), Chunks())
        desk.add(queue)
        _ = try await queue.enqueue(payload: [1])
        try await withThrowingTaskGroup { group in
            group.addTask { try await desk.read(queue.store.origin, of: "shares", after: 0) { chunks.add($0) } }
            try await eventually("the first came") { chunks.payloads == [[1]] }
            desk.stopReading()
            await #expect(throws: QueueDeskError.self) { try await group.next() }
        }
        // What was read can still be completed.
        #expect(try await desk.complete(queue.store.origin, of: "shares", through: 1) == 1)
    }

    @Test func `reports tell the queues of one name apart`() async throws {
        let desk = Self.desk()
        let queues = [try Self.queue(), try Self.queue(), try Self.queue("mail")]
        for queue in queues { desk.add(queue, diskBound: 99) }
        for _ in 0..<5 { _ = try await queues[0].enqueue(payload: [1, 2]) }
        #expect(try await desk.complete(queues[0].store.origin, of: "shares", through: 2) == 2)
        let reports = await desk.reports()
        #expect(reports.map(\.name) == ["mail", "shares", "shares"])
        let report = try #require(reports.first { $0.store == queues[0].store.origin })
        #expect((report.depth, report.inFlight, report.dead, report.mode) == (3, 0, 0, "queueOnly"))
        #expect(report.diskBound == 99 && report.failure == nil && report.oldestMilliseconds != nil)
        let origin = try #require(report.origins.first)
        #expect((origin.origin, origin.depth, origin.epoch) == (queues[0].store.origin, 3, 0))
        #expect((origin.oldestSequence, origin.acknowledgedThrough, origin.highestSequence) == (1, 5, 5))
        let empty = try #require(reports.first { $0.store == queues[1].store.origin }?.origins.first)
        #expect((empty.oldestSequence, empty.acknowledgedThrough, empty.highestSequence) == (nil, 0, 0))
    }

    @Test func `a report says why a full queue takes nothing`() async throws {
        let desk = Self.desk()
        let queue = DurableQueue(
            store: try InMemoryStore(),
            configuration: DurableQueueTests.configuration { ($0.name, $0.maximumEntries) = ("shares", 1) })
        desk.add(queue)
        #expect(await desk.reports().map(\.refusal) == [nil])
        _ = try await queue.enqueue(payload: [1])
        let refusal = try #require(await desk.reports().first?.refusal)
        let error = await #expect(throws: DurableQueueError.self) { try await queue.enqueue(payload: [2]) }
        #expect(refusal == error?.message)
        #expect(try await desk.complete(queue.store.origin, of: "shares", through: 1) == 1)
        #expect(await desk.reports().map(\.refusal) == [nil])
    }

    @Test func `of two queues that have an origin its own one is read, and both are completed`() async throws {
        let folder = try TemporaryFolder("desk")
        let origin = UUID(uuidString: "FFFFFFFF-0000-4000-8000-000000000000") ?? UUID()
        let entries = (1...3).map { number in
            Entry(
                identity: EntryIdentity(origin: origin, sequence: UInt64(number)), id: EntryID("\(number)"),
                enqueued: Timestamp(milliseconds: 1), payload: [UInt8(number)])
        }
        // What was held for others runs where a queue is made over it that is not replicated.
        var copies: [DurableQueue] = []
        for held in 1...2 {
            let path = folder.path + "/\(held)"
            let store = try SegmentLogStore(folder: path)
            try await store.append(entries.prefix(held).map { .add($0) })
            await store.close()
            copies.append(
                DurableQueue(
                    store: try SegmentLogStore(folder: path),
                    configuration: DurableQueueTests.configuration { $0.name = "shares" }))
        }
        let own = DurableQueue(
            store: try InMemoryStore(origin: origin),
            configuration: DurableQueueTests.configuration { $0.name = "shares" })
        for entry in entries { _ = try await own.enqueue(payload: entry.payload) }

        func read(_ desk: QueueDesk, until count: Int) async throws -> [[UInt8]] {
            let chunks = Chunks()
            try await withThrowingTaskGroup { group in
                group.addTask { try await desk.read(origin, of: "shares", after: 0) { chunks.add($0) } }
                try await eventually("\(count) came") { chunks.payloads.count >= count }
                group.cancelAll()
            }
            return chunks.payloads
        }
        let desk = Self.desk()
        for copy in copies { desk.add(copy) }
        #expect(try await read(desk, until: 2) == [[1], [2]])
        desk.add(own)
        #expect(try await read(desk, until: 3) == [[1], [2], [3]])
        #expect(try await desk.complete(origin, of: "shares", through: 3) == 3)
        #expect(own.status.depth == 0)
        #expect(copies.map(\.status.depth) == [0, 0])
        for copy in copies { await copy.close() }
    }

    @Test func `dead letters are shown, tried again, dropped`() async throws {
        let (desk, queue) = (Self.desk(), try Self.queue())
        desk.add(queue)
        struct Poison: Error {}
        for number in 1...3 as ClosedRange<UInt8> { _ = try await queue.enqueue(id: "id \(number)", payload: [number]) }
        try await DurableQueueTests.running(queue, { _ in throw Poison() }) {
            try await eventually("all were given up") { queue.status.dead == 3 }
            let dead = try await desk.dead("shares", limit: nil)
            #expect(dead.map(\.id) == ["id 1", "id 2", "id 3"])
            #expect(dead.map(\.payload) == ["AQ==", "Ag==", "Aw=="])
            #expect(dead.allSatisfy { $0.status == "dead" && $0.error == "Poison()" && $0.failures == 5 })
            #expect(try await desk.dead("shares", limit: 1).count == 1)
            #expect(try await desk.drop("shares", [dead[0].identity]) == [dead[0].identity])
            #expect(try await desk.retry("shares", [dead[1].identity, dead[0].identity]) == [dead[1].identity])
            try await eventually("it was given up again") { queue.status.dead == 2 }
            #expect(try await desk.retry("shares", nil).count == 2)
            await #expect(throws: QueueDeskError.self) { _ = try await desk.drop("shares", ["nonsense"]) }
            await #expect(throws: QueueDeskError.self) { _ = try await desk.dead("shares", limit: 0) }
            await #expect(throws: QueueDeskError.self) { _ = try await desk.dead("mail", limit: 1) }
        }
    }

    @Test func `an export goes through all queues of a name, page by page`() async throws {
        let desk = Self.desk()
        let queues = [try Self.queue(), try Self.queue()]
        for queue in queues {
            desk.add(queue)
            for number in 1...4 as ClosedRange<UInt8> { _ = try await queue.enqueue(key: "k", payload: [number]) }
        }
        var entries: [QueueEntry] = []
        var next: String?
        repeat {
            let page = try await desk.export("shares", after: next, limit: 3)
            entries += page.entries
            next = page.next
        } while next != nil
        #expect(entries.count == 8)
        #expect(Set(entries.map(\.identity)).count == 8)
        #expect(entries.allSatisfy { $0.status == "waiting" && $0.key == "k" && $0.payload != nil })
    }

    @Test func `an identity is read as it is written`() {
        let identity = EntryIdentity(origin: UUID(), sequence: 42)
        #expect(EntryIdentity(text: identity.text) == identity)
        for text in ["", "42", "\(identity.origin)/", "\(identity.origin)/-1", "x/1", "\(identity.text)/1"] {
            #expect(EntryIdentity(text: text) == nil, "\(text)")
        }
    }
}
