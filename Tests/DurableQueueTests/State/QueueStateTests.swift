internal import DurableQueue
internal import Foundation
internal import Mesh
internal import Testing

@Suite struct QueueStateTests {
    static let origin = UUID()
    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    static func state(
        _ change: (inout QueueConfiguration) -> Void = { _ in }, recovering entries: [StoredEntry] = []
    ) -> (QueueState, [QueueState.Action]) {
        var configuration = QueueConfiguration()
        change(&configuration)
        var recovery = Recovery()
        recovery.entries = entries
        recovery.highestSequence = entries.last?.identity.sequence ?? 0
        return QueueState.starting(
            origin: origin, configuration: configuration, recovery: recovery, random: MeshRandom(seed: 1), now: start)
    }

    static func add(
        _ id: EntryID, key: String? = nil, to state: inout QueueState, at time: Timestamp = start
    ) throws -> EntryIdentity {
        guard case .accepted(let identity, _) = try state.enqueue(id: id, key: key, payload: [1, 2], now: time) else {
            throw DurableQueueError(.full, "not accepted")
        }
        _ = state.stored(identity, now: time)
        return identity
    }

    static func next(_ state: inout QueueState) throws -> Batch {
        let next = state.nextBatch()
        return try #require(next)
    }

    static func stored(_ sequence: UInt64, _ change: (inout EntryProgress) -> Void = { _ in }) -> StoredEntry {
        let header = EntryHeader(
            identity: EntryIdentity(origin: origin, sequence: sequence), id: "entry \(sequence)", key: nil,
            enqueued: start,
            payloadBytes: 3)
        var progress = EntryProgress()
        change(&progress)
        return StoredEntry(header: header, progress: progress)
    }

    @Test func anEntryIsStoredThenAcknowledgedThenRun() throws {
        var (state, _) = Self.state()
        let intake = try state.enqueue(id: "a", key: nil, payload: [1], now: Self.start)
        guard case .accepted(let identity, let actions) = intake else { throw DurableQueueError(.full, "") }
        guard case .store(let records, until: .synced, intake: identity) = actions.first else {
            throw DurableQueueError(.full, "the first action is \(actions)")
        }
        #expect(records.count == 1)
        #expect(state.nextBatch() == nil)
        #expect(state.stored(identity, now: Self.start) == [.acknowledge(identity), .dispatch])
        let batch = try Self.next(&state)
        #expect(state.runRecord(of: batch) == .run([identity]))
        let done = state.finished(batch, failures: [:], now: Self.start)
        let complete = StoreRecord.complete([identity], at: Self.start, keepsPayload: false)
        #expect(done == [.store([complete], until: .written, intake: nil), .admit, .dispatch])
        #expect(state.depth == 0)
    }

    @Test func anIdThatWasMadeIsKnownWhenItIsGiven() throws {
        var (state, _) = Self.state()
        func addUnnamed() throws -> EntryHeader {
            let intake = try state.enqueue(id: nil, key: nil, payload: [1], now: Self.start)
            guard case .accepted(_, let actions) = intake, case .store(let records, _, _)? = actions.first,
                case .add(let entry)? = records.first
            else { throw DurableQueueError(.full, "\(intake)") }
            return entry.header
        }
        let headers = [try addUnnamed(), try addUnnamed(), try addUnnamed()]
        // One that was given does not stand in the way of those before it.
        _ = try Self.add("x", to: &state)
        // Its id is free at once, though it is still being written.
        #expect(state.withdraw(headers[1].identity) == [])
        for (header, isKnown) in zip(headers, [true, false, true]) {
            let again = try state.enqueue(id: header.id, key: nil, payload: [1], now: Self.start)
            if case .known(header.identity, isAcknowledged: false) = again {
                #expect(isKnown)
            } else {
                #expect(!isKnown)
            }
        }
        let last = try addUnnamed()
        guard case .known(last.identity, _) = try state.enqueue(id: last.id, key: nil, payload: [1], now: Self.start)
        else { throw DurableQueueError(.full, "it is not known") }
    }

    @Test func theSameIdIsTheSameEntryUntilTheWindowEnds() throws {
        var (state, _) = Self.state { $0.dedupeWindow = .seconds(10) }
        let identity = try Self.add("a", to: &state)
        func isKnown(_ at: Timestamp) throws -> Bool {
            guard
                case .known(identity, isAcknowledged: true) = try state.enqueue(id: "a", key: nil, payload: [], now: at)
            else { return false }
            return true
        }
        #expect(try isKnown(Self.start + .seconds(1000)))
        let batch = try Self.next(&state)
        _ = state.finished(batch, failures: [:], now: Self.start)
        _ = state.tick(now: Self.start + .milliseconds(9999))
        #expect(try isKnown(Self.start + .milliseconds(9999)))
        #expect(state.nextDue == Self.start + .seconds(10))
        let forgets = state.tick(now: Self.start + .seconds(10))
        #expect(forgets == [.store([.forget([identity])], until: .written, intake: nil)])
        #expect(try Self.add("a", to: &state) != identity)
    }

    @Test func overARestartTheWindowBeginsAnew() throws {
        let window = Duration.seconds(10)
        let old = Self.stored(1) { $0.status = .completed(Self.start + .seconds(-1000)) }
        // From before the clock was set back.
        let ahead = Self.stored(2) { $0.status = .completed(Self.start + .seconds(1000)) }
        var (state, _) = Self.state({ $0.dedupeWindow = window }, recovering: [old, ahead])
        #expect(state.nextDue == Self.start + window)
        #expect(state.tick(now: Self.start + .milliseconds(9999)).isEmpty)
        let forgets = state.tick(now: Self.start + window)
        #expect(forgets == [.store([.forget([old.identity, ahead.identity])], until: .written, intake: nil)])
    }

    @Test func whatIsReadByACursorIsForgottenOnceTheCursorIsConfirmedAfterTheWindow() throws {
        let window = Duration.seconds(10)
        var (state, _) = Self.state { configuration in
            configuration.dedupeWindow = window
            configuration.forgetting = .onceConfirmed
        }
        let identities = try ["a", "b", "c"].map { try Self.add(EntryID($0), to: &state) }
        _ = state.complete(Array(identities.prefix(2)), now: Self.start)
        _ = state.complete(Array(identities.suffix(1)), now: Self.start + .seconds(5))
        #expect(state.nextDue == nil, "time alone forgets nothing")
        #expect(state.tick(now: Self.start + .seconds(1000)).isEmpty)
        #expect(state.confirm(of: Self.origin, through: 3, now: Self.start + .milliseconds(9999)).isEmpty)
        // The cursor was set back meanwhile.
        func forgets(_ identities: ArraySlice<EntryIdentity>) -> [QueueState.Action] {
            [.store([.forget(Array(identities))], until: .written, intake: nil)]
        }
        #expect(state.confirm(of: Self.origin, through: 0, now: Self.start + window).isEmpty)
        #expect(state.confirm(of: Self.origin, through: 1, now: Self.start + window) == forgets(identities[0..<1]))
        #expect(state.confirm(of: Self.origin, through: 3, now: Self.start + window) == forgets(identities[1..<2]))
        #expect(state.confirm(of: Self.origin, through: 3, now: Self.start + .seconds(15)) == forgets(identities[2...]))
        #expect(state.confirm(of: Self.origin, through: 3, now: Self.start + .seconds(15)).isEmpty)
    }

    @Test func muchIsForgottenInPortions() {
        let entries = (1...10_000).map { Self.stored($0) { $0.status = .completed(Self.start) } }
        var (state, _) = Self.state({ $0.dedupeWindow = .seconds(10) }, recovering: entries)
        let due = Self.start + .seconds(10)
        var portions: [Int] = []
        while let next = state.nextDue, next <= due {
            for case .store(let records, _, _) in state.tick(now: due) {
                for case .forget(let identities) in records { portions.append(identities.count) }
            }
        }
        #expect(portions == [4096, 4096, 1808])
    }

    @Test func failuresBackOffAndEndInADeadLetter() throws {
        var (state, _) = Self.state { configuration in
            configuration.maximumFailures = 3
            configuration.retryDelay = .seconds(1)
        }
        let identity = try Self.add("a", to: &state)
        var now = Self.start
        for attempt in 1...3 {
            let batch = try Self.next(&state)
            #expect(batch.identities == [identity])
            let actions = state.finished(batch, failures: [identity: "no \(attempt)"], now: now)
            #expect(state.nextBatch() == nil)
            guard attempt < 3 else {
                let letter = DeadLetter(reason: .failures, error: "no 3", time: now)
                #expect(
                    actions.first
                        == .store(
                            [.fail(identity, error: "no 3"), .bury(identity, letter)], until: .written, intake: nil))
                break
            }
            let due = try #require(state.nextDue)
            let base = Duration.seconds(attempt)
            #expect(due - now >= base / 2 - .milliseconds(1) && due - now <= base * 3 / 2)
            now = due
            #expect(state.tick(now: now) == [.dispatch])
        }
        #expect(state.depth == 0)
        #expect(state.deadLetters.map(\.identity) == [identity])
        #expect(state.deadLetters.first?.progress.failures == 3)

        #expect(state.revive([identity]).revived == [identity])
        #expect(state.nextBatch()?.identities == [identity])
    }

    @Test func crashesAreCountedApart() throws {
        let entries = [
            Self.stored(1) {
                $0.status = .running; $0.runs = 3; $0.crashes = 2
            },
            Self.stored(2) {
                $0.status = .running; $0.runs = 1
            },
            Self.stored(3) {
                $0.failures = 4; $0.runs = 4
            },
            Self.stored(4),
        ]
        var (state, actions) = Self.state(recovering: entries)
        guard case .store(let records, _, _) = actions.first, case .bury(let identity, let letter) = records.first
        else {
            throw DurableQueueError(.full, "\(actions)")
        }
        #expect(identity == entries[0].identity)
        #expect(letter.reason == .crashes)
        #expect(letter.error.contains("ended 3 times"))
        // What has crashed or failed before runs alone.
        var batches: [[UInt64]] = []
        while let batch = state.nextBatch() {
            batches.append(batch.identities.map(\.sequence))
            _ = state.finished(batch, failures: [:], now: Self.start)
        }
        #expect(batches == [[2], [3], [4]])
    }

    @Test func aSuspectRunsAlone() throws {
        var (state, _) = Self.state { configuration in
            configuration.concurrentBatches = 4
            configuration.batchEntries = 2
        }
        let identities = try (1...6).map { try Self.add("\($0)", to: &state) }
        let first = try Self.next(&state)
        #expect(first.identities == Array(identities[0...1]))
        let second = try Self.next(&state)
        _ = state.finished(first, failures: [identities[0]: "no"], now: Self.start)
        _ = state.tick(now: Self.start + .seconds(1))
        let third = try Self.next(&state)
        #expect(third.identities == Array(identities[4...5]))
        #expect(state.nextBatch() == nil)
        _ = state.finished(second, failures: [:], now: Self.start)
        #expect(state.nextBatch() == nil)
        _ = state.finished(third, failures: [:], now: Self.start)
        #expect(state.nextBatch()?.identities == [identities[0]])
    }

    @Test func entriesWithOneKeyRunInOrder() throws {
        var (state, _) = Self.state { configuration in
            configuration.ordering = .perKey
            configuration.concurrentBatches = 3
            configuration.batchEntries = 2
        }
        let a = try (1...4).map { try Self.add("a\($0)", key: "a", to: &state) }
        let b = try Self.add("b", key: "b", to: &state)
        let free = try Self.add("free", to: &state)
        let first = try Self.next(&state)
        #expect(first.identities == Array(a[0...1]))
        let second = try Self.next(&state)
        #expect(second.identities == [b, free])
        #expect(state.nextBatch() == nil)
        _ = state.finished(second, failures: [:], now: Self.start)
        _ = state.finished(first, failures: [a[0]: "no", a[1]: "no"], now: Self.start)
        #expect(state.nextBatch() == nil)
        _ = state.tick(now: Self.start + .seconds(1))
        for expected in [[a[0]], [a[1]], [a[2], a[3]]] {
            let batch = try Self.next(&state)
            #expect(batch.identities == expected)
            _ = state.finished(batch, failures: [:], now: Self.start)
        }
    }

    @Test func theBoundsHold() throws {
        var (state, _) = Self.state { configuration in
            configuration.maximumEntries = 2
            configuration.payloadBytes = 10
        }
        let first = try Self.add("1", to: &state)
        _ = try Self.add("2", to: &state)
        guard case .full = try state.enqueue(id: "3", key: nil, payload: [], now: Self.start) else {
            throw DurableQueueError(.full, "a third was taken")
        }
        #expect(state.complete([first], now: Self.start).last == .admit)
        _ = try Self.add("3", to: &state)
        let large = #expect(throws: DurableQueueError.self) {
            try state.enqueue(id: nil, key: nil, payload: [UInt8](repeating: 0, count: 11), now: Self.start)
        }
        #expect(large?.code == .tooLarge)
        let long = #expect(throws: DurableQueueError.self) {
            try state.enqueue(id: "\(String(repeating: "x", count: 300))", key: nil, payload: [], now: Self.start)
        }
        #expect(long?.code == .tooLarge)
    }

    @Test func foreignEntriesRunOnceTakenOver() throws {
        let other = UUID()
        let header = EntryHeader(
            identity: EntryIdentity(origin: other, sequence: 7), id: "far", key: nil, enqueued: Self.start,
            payloadBytes: 0)
        var (state, _) = Self.state({ $0.mode = .replicated(min: 1) }, recovering: [StoredEntry(header: header)])
        #expect(state.nextBatch() == nil)
        #expect(state.depth == 0)
        #expect(state.own(other, now: Self.start).actions.contains(.dispatch))
        #expect(state.depth == 1)
        #expect(state.nextBatch()?.identities == [header.identity])
    }

    @Test func whatAReaderCompletesIsNotRun() throws {
        for ordering in [QueueConfiguration.Ordering.unordered, .perKey] {
            var (state, _) = Self.state { configuration in
                configuration.ordering = ordering
                configuration.batchEntries = 2
            }
            let identities = try (1...5).map { try Self.add("\($0)", key: "key", to: &state) }
            let batch = try Self.next(&state)
            #expect(state.complete([identities[1], identities[2]], now: Self.start).count == 2)
            #expect(state.runRecord(of: batch) == .run([identities[0]]))
            _ = state.finished(batch, failures: [identities[0]: "no"], now: Self.start)
            // It waits for its retry when the reader completes it too.
            _ = state.complete([identities[0]], now: Self.start)
            #expect(state.nextBatch()?.identities == Array(identities[3...4]))
            #expect(state.complete(identities, now: Self.start).count == 2)
            #expect(state.depth == 0)
            #expect(state.complete(identities, now: Self.start) == [])
        }
    }
}
