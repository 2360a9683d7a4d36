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

    package private(set) var slots: [EntryIdentity: Slot] = [:]
    /// By origin; none is ever removed.
    package private(set) var marks: [UUID: Mark] = [:]
    private var orders: [UUID: SequenceOrder] = [:]
    private var highest: [UUID: UInt64] = [:]

    /// An empty one.
    package init() {}

    package subscript(identity: EntryIdentity) -> Slot? { slots[identity] }

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
            guard slots[entry.identity] == nil, let place else { return }
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
                guard let slot = slots.removeValue(forKey: identity) else { continue }
                orders[identity.origin]?.noteRemoval()
                changing(slot, nil)
            }
        }
    }

    private mutating func put(_ slot: Slot, _ changing: (Slot?, Slot?) -> Void) {
        let identity = slot.stored.identity
        let old = slots.updateValue(slot, forKey: identity)
        if old == nil { orders[identity.origin, default: SequenceOrder()].insert(identity.sequence) }
        changing(old, slot)
    }

    private mutating func update(
        _ identities: [EntryIdentity], _ changing: (Slot?, Slot?) -> Void, _ change: (inout EntryProgress) -> Void
    ) {
        for identity in identities {
            guard let index = slots.index(forKey: identity) else { continue }
            let old = slots.values[index]
            change(&slots.values[index].stored.progress)
            changing(old, slots.values[index])
        }
    }

    /// The identities of an origin from a sequence on, in order.
    package mutating func identities(of origin: UUID, from sequence: UInt64, limit: Int) -> [EntryIdentity] {
        guard var order = orders.removeValue(forKey: origin) else { return [] }
        defer { orders[origin] = order }
        return order.sequences(from: sequence, limit: limit) {
            slots[EntryIdentity(origin: origin, sequence: $0)] != nil
        }.map { EntryIdentity(origin: origin, sequence: $0) }
    }

    /// Everything, in order.
    package var all: [StoredEntry] { slots.values.map(\.stored).sorted { $0.identity < $1.identity } }
}

/// The sequences of one origin in order. What was removed is dropped from it once that is the greater part.
struct SequenceOrder: Sendable {
    private var sequences: [UInt64] = []
    private var isSorted = true
    private var removed = 0

    /// Below this it is not worth dropping anything.
    private static let smallest = 256

    mutating func insert(_ sequence: UInt64) {
        if let last = sequences.last, last >= sequence { isSorted = false }
        sequences.append(sequence)
    }

    mutating func noteRemoval() { removed += 1 }

    mutating func sequences(from start: UInt64, limit: Int, isThere: (UInt64) -> Bool) -> [UInt64] {
        if !isSorted || removed > max(Self.smallest, sequences.count / 2) {
            sequences = Set(sequences).filter(isThere).sorted()
            isSorted = true
            removed = 0
        }
        var (low, high) = (0, sequences.count)
        while low < high {
            let middle = (low + high) / 2
            if sequences[middle] < start { low = middle + 1 } else { high = middle }
        }
        // A lazy filter would keep the closure, so it would be an eager one, of all that follows.
        var found: [UInt64] = []
        for sequence in sequences[low...] {
            guard found.count < limit else { break }
            if isThere(sequence) { found.append(sequence) }
        }
        return found
    }
}
