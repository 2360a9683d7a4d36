package import FoundationEssentials

/// What the records of a store add up to: the entries, each with the place of its payload.
///
/// A value without I/O that all stores share; `Place` is whatever finds the payload again.
package struct StoreTable<Place: Sendable>: Sendable {
    package struct Slot: Sendable {
        package var stored: StoredEntry
        package var place: Place
    }

    package struct Mark: Sendable {
        package var mark: ReplicaMark
        package var place: Place
    }

    private var slots = EntryMap<Slot>()
    /// By origin; none is ever removed.
    package private(set) var marks: [UUID: Mark] = [:]
    private var highest: [UUID: UInt64] = [:]

    /// An empty one.
    package init() {}

    package subscript(identity: EntryIdentity) -> Slot? { slots[identity] }

    /// How many entries there are.
    package var count: Int { slots.count }

    /// The highest sequence that was ever seen of an origin.
    package func highestSequence(of origin: UUID) -> UInt64 { highest[origin] ?? 0 }

    package mutating func noteSequence(_ sequence: UInt64, of origin: UUID) {
        highest[origin] = max(highest[origin] ?? 0, sequence)
    }

    /// Applies a record.
    ///
    /// - Parameters:
    ///   - place: where the payload of an entry is that the record carries.
    ///   - changing: told of every slot before and after, nil where there is none.
    package mutating func apply(_ record: StoreRecord, place: Place?, changing: (Slot?, Slot?) -> Void = { _, _ in }) {
        switch record {
        case .add(let entry):
            noteSequence(entry.identity.sequence, of: entry.identity.origin)
            guard !slots.contains(entry.identity), let place else { return }
            put(Slot(stored: StoredEntry(header: entry.header), place: place), changing)
        case .keep(let stored, _):
            noteSequence(stored.identity.sequence, of: stored.identity.origin)
            guard let place else { return }
            put(Slot(stored: stored, place: place), changing)
        case .run(let identities): update(identities, changing) { $0.begin() }
        case .release(let identities): update(identities, changing) { $0.status = .waiting }
        case .fail(let identity, let error): update([identity], changing) { $0.fail(error) }
        case .complete(let identities, let time, let keepsPayload):
            update(identities, changing) { progress in
                progress.status = .completed(time)
                progress.hasPayload = progress.hasPayload && keepsPayload
            }
        case .bury(let identity, let letter): update([identity], changing) { $0.bury(letter) }
        case .revive(let identity): update([identity], changing) { $0.revive() }
        case .held(let identities, let member): update(identities, changing) { $0.holders.insert(member) }
        case .completedElsewhere(let identities, let member):
            update(identities, changing) { $0.completedBy.insert(member) }
        case .mark(let mark, let origin): if let place { marks[origin] = Mark(mark: mark, place: place) }
        case .forget(let identities):
            for identity in identities {
                if let slot = slots.remove(identity) { changing(slot, nil) }
            }
        }
    }

    private mutating func put(_ slot: Slot, _ changing: (Slot?, Slot?) -> Void) {
        let identity = slot.stored.identity
        changing(slots[identity], slot)
        slots[identity] = slot
    }

    private mutating func update(
        _ identities: [EntryIdentity], _ changing: (Slot?, Slot?) -> Void, _ change: (inout EntryProgress) -> Void
    ) {
        for identity in identities {
            guard let old = slots[identity] else { continue }
            var new = old
            change(&new.stored.progress)
            changing(old, new)
            slots[identity] = new
        }
    }

    /// The entries of an origin from a sequence on, in order.
    package func entries(of origin: UUID, from sequence: UInt64, limit: Int) -> [StoredEntry] {
        slots.entries(of: origin, from: sequence).prefix(limit).map(\.value.stored)
    }

    /// Everything, in order.
    package var all: [StoredEntry] {
        var all: [StoredEntry] = []
        all.reserveCapacity(slots.count)
        for (_, slot) in slots.all { all.append(slot.stored) }
        return all
    }
}
