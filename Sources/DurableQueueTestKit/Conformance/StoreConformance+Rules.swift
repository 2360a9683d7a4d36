internal import DurableQueue
internal import FoundationEssentials
internal import Glibc

extension StoreConformance {
    func read(_ store: any DurableStore) async throws {
        let entries = try await add(3, to: store)
        try expect(try await store.entries(entries.map(\.identity)), entries, "the entries that were added")
        let reversed = Array(entries.reversed())
        try expect(try await store.entries(reversed.map(\.identity)), reversed, "the entries in the order asked for")
    }

    func addAgain(_ store: any DurableStore) async throws {
        let first = try await add(1, to: store)
        try await store.append([.fail(first[0].identity, error: "no")])
        try await store.append([.add(entry(1, of: store.origin, payload: [9, 9]))])
        try expect(try await store.entries([first[0].identity]), first, "an entry that was added twice")
        try expect(await store.snapshot().entries.map(\.progress.failures), [1], "its failures")
    }

    func progress(_ store: any DurableStore) async throws {
        let steps = StoreWorkload.steps(seed: 4, count: 150, origin: store.origin)
        for step in steps { try await store.append(step.records, until: step.durability) }
        try expect(try await StoreModel(of: store), model(steps.flatMap(\.records)), "the sum of a workload's records")
    }

    func unknown(_ store: any DurableStore) async throws {
        let none = EntryIdentity(origin: store.origin, sequence: 99)
        let time = Timestamp(milliseconds: 5)
        try await store.append([
            .run([none]), .fail(none, error: "no"), .complete([none], at: time, keepsPayload: true), .revive(none),
            .bury(none, DeadLetter(reason: .crashes, error: "no", time: time)), .forget([none]), .release([none]),
            .held([none], by: "a"), .completedElsewhere([none], by: "a"),
        ])
        try expect(await store.snapshot().entries, [], "the entries after records about one that is not there")
    }

    func completed(_ store: any DurableStore) async throws {
        let entries = try await add(2, to: store)
        let time = Timestamp(milliseconds: 5)
        try await store.append([
            .complete([entries[0].identity], at: time, keepsPayload: false),
            .complete([entries[1].identity], at: time, keepsPayload: true),
        ])
        try expect(
            try await store.entries(entries.map(\.identity)), [entries[1]],
            "the payloads that are left of completed entries")
        let found = await store.entries(of: store.origin, from: 1, limit: 10)
        try expect(found.map(\.header), entries.map(\.header), "the completed entries themselves")
        try expect(found.map(\.progress.status), [.completed(time), .completed(time)], "their status")
    }

    func forgotten(_ store: any DurableStore) async throws {
        let entries = try await add(3, to: store)
        try await store.append([.forget([entries[0].identity, entries[2].identity])])
        let left = await store.entries(of: store.origin, from: 0, limit: 10)
        try expect(left.map(\.identity.sequence), [2], "what is left when the first and the last are forgotten")
        try expect(try await store.entries(entries.map(\.identity)), [entries[1]], "the payloads that are left")
    }

    func order(_ store: any DurableStore) async throws {
        let entries = try await add(600, to: store)
        try await store.append([.forget(entries.prefix(400).map(\.identity))])
        let found = await store.entries(of: store.origin, from: 450, limit: 20)
        try expect(found.map(\.identity.sequence), Array(450..<470), "twenty entries from the 450th on")
        let first = await store.entries(of: store.origin, from: 0, limit: 2)
        try expect(first.map(\.identity.sequence), [401, 402], "the first entries that are not forgotten")
        let none = await store.entries(of: store.origin, from: 601, limit: 2)
        try expect(none, [], "the entries behind the last")
    }

    func origins(_ store: any DurableStore) async throws {
        let own = try await add(2, to: store)
        let other = UUID()
        let foreign = [5, 6].map { entry($0, of: other) }
        try await store.append(foreign.map { .add($0) })
        try expect(
            await store.entries(of: other, from: 0, limit: 10).map(\.identity), foreign.map(\.identity),
            "the entries of another origin")
        try expect(
            await store.entries(of: store.origin, from: 0, limit: 10).map(\.identity), own.map(\.identity),
            "the store's own")
        try expect(try await store.entries(foreign.map(\.identity)), foreign, "the payloads of another origin")
        guard store.promise.survivesProcess else { return }
        let again = try await reopen(store)
        try expect(again.recovery.highestSequence, 2, "the highest sequence of the own origin")
        try expect(
            try await again.entries(foreign.map(\.identity)), foreign, "another origin's payloads after reopening")
        await again.close()
    }

    func following(_ store: any DurableStore) async throws {
        let steps = StoreWorkload.steps(seed: 9, count: 80, origin: store.origin)
        for step in steps.prefix(40) { try await store.append(step.records) }
        let snapshot = await store.snapshot()
        var follower = try await StoreModel(of: store)
        try expect(Set(snapshot.entries), Set(follower.entries.values.map(\.stored)), "a snapshot taken twice")
        for step in steps.dropFirst(40) { try await store.append(step.records) }
        if let records = try await followed(store, after: snapshot.position) {
            for record in records { follower.apply(record) }
        } else {
            // A store may have let go of them; it has said so, and a new snapshot takes their place.
            follower = try await StoreModel(of: store)
            let position = await store.snapshot().position
            try expect(try await store.records(after: position, limit: 7), [], "the records after a new snapshot")
        }
        try expect(follower, try await StoreModel(of: store), "a snapshot with the records that follow")
    }

    /// All records after a position, read in small parts; nil when they have left the store.
    private func followed(_ store: any DurableStore, after start: UInt64) async throws -> [StoreRecord]? {
        var found: [StoreRecord] = []
        var position = start
        while true {
            let records: [NumberedRecord]
            do throws(DurableQueueError) {
                records = try await store.records(after: position, limit: 7)
            } catch {
                guard error.code == .gone else { throw error }
                return nil
            }
            guard let last = records.last else { return found }
            found += records.map(\.record)
            position = last.number
        }
    }

    func numbers(_ store: any DurableStore) async throws {
        let start = await store.snapshot().position
        _ = try await add(5, to: store)
        let first = try await store.records(after: start, limit: 3)
        let second = try await store.records(after: start + 3, limit: 30)
        try expect((first + second).map(\.number), Array(start + 1...start + 5), "the numbers of five records")
        try expect(try await store.records(after: start + 5, limit: 3), [], "the records after the last")
    }

    func within(_ store: any DurableStore) async throws {
        let isElsewhere = await withCheckedContinuation { continuation in
            let caller = UInt(pthread_self())
            store.submit([], until: .synced) { _ in continuation.resume(returning: UInt(pthread_self()) != caller) }
        }
        try expect(isElsewhere, true, "whether the caller is told from another thread")
    }

    func concurrent(_ store: any DurableStore) async throws {
        try await withThrowingTaskGroup { group in
            for sequence in 1...200 as ClosedRange<UInt64> {
                let added = entry(sequence, of: store.origin)
                group.addTask {
                    try await store.append([.add(added)])
                    guard try await store.entries([added.identity]) == [added] else {
                        throw Failure(description: "entry \(sequence) was acknowledged and could not be read")
                    }
                }
            }
            try await group.waitForAll()
        }
        let found = await store.entries(of: store.origin, from: 0, limit: 1000)
        try expect(found.map(\.identity.sequence), Array(1...200), "what two hundred tasks added")
    }

    func large(_ store: any DurableStore) async throws {
        let payload = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let large = [1, 2].map { entry($0, of: store.origin, payload: payload) }
        try await store.append(large.map { .add($0) })
        try expect(try await store.entries(large.map(\.identity)) == large, true, "whether large payloads came back")
        let records = try await store.records(after: 0, limit: 10).map(\.record)
        try expect(records == large.map { .add($0) }, true, "whether large records came back")
    }

    func refusals(_ store: any DurableStore) async throws {
        _ = try await add(1, to: store)
        try expect(store.status.refusal?.code, nil, "the refusal of a store that takes all")
        guard let refuse else { return }
        try await refuse(true)
        for sequence: UInt64 in 2...3 {
            let refused = [StoreRecord.add(entry(sequence, of: store.origin))]
            // As the status is when the caller is told.
            let (error, status) = await withCheckedContinuation { continuation in
                store.submit(refused, until: .synced) { continuation.resume(returning: ($0, store.status)) }
            }
            try expect(error?.code, .readOnly, "what is said where nothing can be written")
            try expect(status.refusal?.code, .readOnly, "the refusal that the status says")
            try expect(status.failure?.code, nil, "the failure of a store that can go on")
        }
        try await refuse(false)
        try await store.flush()
        try expect(store.status.refusal?.code, .readOnly, "the refusal before anything was taken")
        try await store.append([.add(entry(4, of: store.origin))])
        try expect(store.status.refusal?.code, nil, "the refusal once an entry was taken")
        let found = await store.entries(of: store.origin, from: 0, limit: 10)
        try expect(found.map(\.identity.sequence), [1, 4], "the entries that were not refused")
    }

    func closed(_ store: any DurableStore) async throws {
        _ = try await add(1, to: store)
        await store.close()
        do throws(DurableQueueError) {
            try await store.append([.add(entry(2, of: store.origin))])
        } catch {
            return try expect(error.code, .closed, "the refusal of a closed store")
        }
        throw Failure(description: "a closed store took an entry")
    }

    func reopened(_ store: any DurableStore) async throws {
        guard store.promise.survivesProcess else { return }
        let steps = StoreWorkload.steps(seed: 21, count: 120, origin: store.origin)
        for step in steps { try await store.append(step.records, until: step.durability) }
        let again = try await reopen(store)
        try expect(again.origin, store.origin, "the origin after reopening")
        try expect(try await StoreModel(of: again), model(steps.flatMap(\.records)), "what is there after reopening")
        try expect(
            Set(again.recovery.entries), Set(await again.snapshot().entries), "what the recovery reports")
        try expect(again.recovery.dropped, [], "what was cut off after an end in good order")
        let twice = try await reopen(again)
        try expect(try await StoreModel(of: twice), model(steps.flatMap(\.records)), "what is there the next time")
        await twice.close()
    }

    func sequences(_ store: any DurableStore) async throws {
        guard store.promise.survivesProcess else { return }
        let entries = try await add(40, to: store)
        try await store.append([.forget(entries.map(\.identity))])
        var again = try await reopen(store)
        try expect(again.recovery.highestSequence, 40, "the highest sequence when all is forgotten")
        for _ in 0..<4 { again = try await reopen(again) }
        try expect(again.recovery.highestSequence, 40, "the highest sequence some restarts later")
        await again.close()
    }
}
