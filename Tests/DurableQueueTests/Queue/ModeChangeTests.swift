internal import DurableQueue
internal import Foundation
internal import TestSupport
internal import Testing

/// A queue that is opened in another mode than its store was before.
@Suite struct ModeChangeTests {
    typealias Mode = QueueConfiguration.Mode

    private func queue(_ mode: Mode, in folder: TemporaryFolder) throws -> DurableQueue {
        var configuration = QueueConfiguration(name: "work")
        configuration.mode = mode
        let store = try SegmentLogStore(folder: folder.path)
        return QueueGroup(store: store, service: "worker", configuration: configuration).queue
    }

    /// Leaves an entry in a folder that was taken in in a mode.
    private func fill(_ folder: TemporaryFolder, _ mode: Mode) async throws {
        let queue = try queue(mode, in: folder)
        let store = queue.store
        if case .replicated = mode {
            // As an origin has it once it owns its entries.
            var mark = ReplicaMark()
            mark.granted = TakeoverEpoch(number: 1, owner: MemberID(ofStore: store.origin))
            try await store.append([.mark(mark, of: store.origin)])
        }
        let identity = EntryIdentity(origin: store.origin, sequence: 1)
        try await store.append([
            .add(Entry(identity: identity, id: "one", enqueued: QueueClock.system().now, payload: [1]))
        ])
        await queue.close()
    }

    @Test(arguments: [
        (Mode.replicationOnly, Mode.replicated(min: 1)), (.replicationOnly, .queueOnly),
        (.replicated(min: 1), .replicationOnly), (.queueOnly, .replicationOnly),
    ]) func entriesOfAnotherModeAreRefused(_ former: Mode, _ mode: Mode) async throws {
        let folder = try TemporaryFolder("mode")
        try await fill(folder, former)
        let refused = try queue(mode, in: folder)
        let before = await refused.store.snapshot()
        let error = await #expect(throws: DurableQueueError.self) {
            try await refused.run { _ in Issue.record("it ran") }
        }
        #expect(error?.code == .misconfigured)
        for words in ["queue work", "\(mode)", folder.path, "another store"] {
            #expect(error?.message.contains(words) == true, "\(String(describing: error)) lacks \(words)")
        }
        let intake = await #expect(throws: DurableQueueError.self) {
            try await refused.enqueue(payload: [2])
        }
        #expect(intake?.code == .misconfigured)
        #expect(await refused.store.snapshot().entries == before.entries)
        await refused.close()
        // Nothing was changed: the mode set back, it goes on.
        let again = try queue(former, in: folder)
        #expect(again.refusal == nil)
        #expect(await again.store.snapshot().entries == before.entries)
        await again.close()
    }

    @Test(arguments: [(Mode.replicated(min: 1), Mode.queueOnly), (.queueOnly, .replicated(min: 1))])
    func oneOwnerForAnotherIsNoOtherPromise(_ former: Mode, _ mode: Mode) async throws {
        let folder = try TemporaryFolder("mode")
        try await fill(folder, former)
        let queue = try queue(mode, in: folder)
        #expect(queue.refusal == nil)
        await queue.close()
    }

    @Test func anEmptyStoreTakesAnyMode() async throws {
        let folder = try TemporaryFolder("mode")
        try await fill(folder, .replicationOnly)
        let first = try queue(.replicationOnly, in: folder)
        try await first.store.append([.forget([EntryIdentity(origin: first.store.origin, sequence: 1)])]
        )
        await first.close()
        for mode in [Mode.replicated(min: 1), .queueOnly, .replicationOnly] {
            let queue = try queue(mode, in: folder)
            #expect(queue.refusal == nil)
            await queue.close()
        }
    }
}
