internal import DurableQueue
internal import FoundationEssentials

/// What records add up to, in the plainest way: what a store is compared with.
struct StoreModel: Hashable, Sendable {
    struct Held: Hashable, Sendable {
        var stored: StoredEntry
        /// Nil once it has left.
        var payload: [UInt8]?
    }

    private(set) var entries: [EntryIdentity: Held] = [:]

    private(set) var marks: [UUID: ReplicaMark] = [:]

    init() {}

    init(of store: any DurableStore) async throws {
        let snapshot = await store.snapshot()
        let stored = snapshot.entries
        marks = snapshot.marks
        let payloads = try await store.entries(stored.map(\.identity))
        for entry in stored { entries[entry.identity] = Held(stored: entry, payload: nil) }
        for entry in payloads { entries[entry.identity]?.payload = entry.payload }
    }

    mutating func apply(_ record: StoreRecord) {
        switch record {
        case .add(let entry):
            guard entries[entry.identity] == nil else { return }
            entries[entry.identity] = Held(stored: StoredEntry(header: entry.header), payload: entry.payload)
        case .keep(let stored, let payload):
            entries[stored.identity] = Held(stored: stored, payload: stored.progress.hasPayload ? payload : nil)
        case .run(let identities): change(identities, Self.run)
        case .release(let identities): change(identities) { $0.status = .waiting }
        case .fail(let identity, let error):
            change([identity]) { progress in
                progress.status = .waiting
                progress.failures += 1
                progress.lastError = error
            }
        case .complete(let identities, let time, let keepsPayload):
            change(identities) { $0.status = .completed(time) }
            guard !keepsPayload else { return }
            change(identities) { $0.hasPayload = false }
            for identity in identities { entries[identity]?.payload = nil }
        case .bury(let identity, let letter):
            change([identity]) { progress in
                if progress.status == .running { progress.crashes += 1 }
                progress.status = .dead(letter)
            }
        case .revive(let identity):
            change([identity]) { progress in
                progress.status = .waiting
                (progress.failures, progress.crashes) = (0, 0)
            }
        case .mark(let mark, let origin): marks[origin] = mark
        case .forget(let identities): for identity in identities { entries[identity] = nil }
        case .held(let identities, let member): change(identities) { $0.holders.insert(member) }
        case .completedElsewhere(let identities, let member): change(identities) { $0.completedBy.insert(member) }
        }
    }

    private static func run(_ progress: inout EntryProgress) {
        if progress.status == .running { progress.crashes += 1 }
        progress.status = .running
        progress.runs += 1
    }

    private mutating func change(_ identities: [EntryIdentity], _ body: (inout EntryProgress) -> Void) {
        for identity in identities {
            guard var held = entries[identity] else { continue }
            body(&held.stored.progress)
            entries[identity] = held
        }
    }
}
