internal import DurableQueue
internal import FoundationEssentials

// What entries may consist of, and what replaces them.
extension StoreConformance {
    func texts(_ store: any DurableStore) async throws {
        let texts = ["", "it's", "a\0b", "\0", "line\nline", "größer 𝕊 🧱", String(repeating: "x", count: 255)]
        let entries = texts.enumerated().map { index, text in
            Entry(
                identity: EntryIdentity(origin: store.origin, sequence: UInt64(index + 1)), id: EntryID(text),
                key: index == 0 ? nil : text, enqueued: Timestamp(milliseconds: -Int64(index)),
                payload: index == 0 ? [] : Array(text.utf8))
        }
        try await store.append(entries.map { .add($0) })
        try await store.append(entries.map { .fail($0.identity, error: $0.header.id.text) })
        let letters = entries.map {
            DeadLetter(reason: .failures, error: $0.header.id.text, time: Timestamp(milliseconds: 1))
        }
        try await store.append(zip(entries, letters).map { .bury($0.identity, $1) })
        try await store.append(entries.map { .held([$0.identity], by: MemberID($0.header.id.text)) })
        var again = store
        if store.promise.survivesProcess { again = try await reopen(store) }
        try expect(try await again.entries(entries.map(\.identity)), entries, "entries with texts of any kind")
        let found = await again.entries(of: store.origin, from: 0, limit: 100)
        try expect(found.map(\.header), entries.map(\.header), "their headers")
        try expect(found.map(\.progress.lastError), texts, "their last errors")
        try expect(found.map(\.progress.status), letters.map { .dead($0) }, "what they are dead of")
        try expect(found.map(\.progress.holders), texts.map { [MemberID($0)] }, "who holds them")
        await again.close()
    }

    func keeping(_ store: any DurableStore) async throws {
        let entries = try await add(3, to: store)
        var progress = EntryProgress()
        progress.status = .running
        (progress.runs, progress.failures, progress.crashes) = (3, 1, 1)
        let (first, second, third) = (entries[0].header, entries[1].header, entries[2].header)
        let replaced = StoredEntry(header: first, progress: progress)
        progress.hasPayload = false
        progress.status = .completed(Timestamp(milliseconds: 9))
        let emptied = StoredEntry(header: second, progress: progress)
        let other = entry(7, of: UUID())
        let unknown = StoredEntry(header: other.header, progress: EntryProgress())
        let start = await store.snapshot().position
        try await store.append([
            .keep(replaced, payload: [1, 1, 1, 1]), .keep(emptied, payload: [2]),
            .keep(unknown, payload: other.payload),
        ])
        let found = await store.snapshot()
        try expect(
            Set(found.entries), [replaced, emptied, StoredEntry(header: third), unknown],
            "entries put in place of others")
        let payloads = try await store.entries([first, second, third, other.header].map(\.identity)).map(\.payload)
        try expect(payloads, [[1, 1, 1, 1], entries[2].payload, other.payload], "their payloads")
        try expect(found.position, start + 3, "the position after three records")
        let records = try await store.records(after: start, limit: 10).map(\.record)
        try expect(records.count, 3, "the records that put entries in place")
        guard store.promise.survivesProcess else { return }
        let again = try await reopen(store)
        try expect(await again.snapshot().entries, found.entries, "the entries after reopening")
        let left = try await again.entries([first, other.header].map(\.identity)).map(\.payload)
        try expect(left, [[1, 1, 1, 1], other.payload], "the payloads after reopening")
        await again.close()
    }

    func marks(_ store: any DurableStore) async throws {
        let (first, second) = (UUID(), UUID())
        var old = ReplicaMark()
        old.granted = TakeoverEpoch(number: 1, owner: "a")
        var new = old
        new.granted = TakeoverEpoch(number: .max, owner: "größer")
        new.position = ReplicaPosition(epoch: TakeoverEpoch(number: 3, owner: "b"), number: .max)
        new.roster = Roster(replicas: 1, members: ["a", "b"]).changing(to: ["b", "c"])
        try await store.append([.mark(old, of: first), .mark(old, of: second)])
        try await store.append([.mark(new, of: first)])
        try expect(await store.snapshot().marks, [first: new, second: old], "the marks of two origins")
        try expect(await store.snapshot().entries, [], "the entries beside marks")
        guard store.promise.survivesProcess else { return }
        let again = try await reopen(store)
        try expect(again.recovery.marks, [first: new, second: old], "the marks after reopening")
        await again.close()
    }

    /// Nobody waits in between, and each asks for another durability.
    func inOrder(_ store: any DurableStore) async throws {
        let entries = (1...100).map { entry($0, of: store.origin) }
        let (answers, answered) = AsyncStream.makeStream(of: DurableQueueError?.self)
        for (index, entry) in entries.enumerated() {
            let records: [StoreRecord] = [
                .add(entry), .run([entry.identity]), .fail(entry.identity, error: "\(index)"), .run([entry.identity]),
            ]
            for record in records {
                store.submit([record], until: index % 3 == 0 ? .synced : .written) { answered.yield($0) }
            }
        }
        var count = 0
        for await answer in answers {
            if let answer { throw answer }
            count += 1
            if count == 4 * entries.count { break }
        }
        let found = await store.entries(of: store.origin, from: 1, limit: 1000)
        try expect(found.map(\.progress.status), entries.map { _ in .running }, "what was run after it had failed")
        try expect(found.map(\.progress.crashes), entries.map { _ in 0 }, "runs that ended otherwise")
        try expect(found.map(\.progress.lastError), (0..<100).map { "\($0)" }, "the errors, entry by entry")
    }
}
