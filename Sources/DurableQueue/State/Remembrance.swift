internal import DequeModule
internal import FoundationEssentials

/// What was completed and is not forgotten yet: for each origin in the order of the completions, as this process heard of them. Times are
/// of the own clock, so that they come in order whatever the clocks of others say.
struct Remembrance: Sendable {
    /// The most that is forgotten at once; the rest soon after. It is one record in the store, and one to the other members.
    static let portion = 4096

    private var lines: [UUID: Deque<(sequence: UInt64, until: Timestamp)>] = [:]

    /// When the first may be forgotten.
    var earliest: Timestamp? { lines.values.compactMap { $0.first?.until }.min() }

    mutating func add(_ identity: EntryIdentity, until: Timestamp) {
        lines[identity.origin, default: []].append((identity.sequence, until))
    }

    /// Takes out a portion of those whose time has come.
    mutating func takeDue(now: Timestamp) -> [EntryIdentity] {
        var taken: [EntryIdentity] = []
        for origin in lines.keys.sorted() {
            taken += takeFirst(of: origin, most: Self.portion - taken.count) { $0.until <= now }
        }
        return taken
    }

    /// Takes out a portion of those of an origin whose time has come and that lie at or before a sequence.
    mutating func takeDue(of origin: UUID, through sequence: UInt64, now: Timestamp) -> [EntryIdentity] {
        takeFirst(of: origin, most: Self.portion) { $0.until <= now && $0.sequence <= sequence }
    }

    /// Takes those out at the front that were forgotten by other ways.
    mutating func tidy(_ origin: UUID, isRemembered: (EntryIdentity) -> Bool) {
        _ = takeFirst(of: origin, most: .max) {
            !isRemembered(EntryIdentity(origin: origin, sequence: $0.sequence))
        }
    }

    private mutating func takeFirst(
        of origin: UUID, most: Int, where isDue: ((sequence: UInt64, until: Timestamp)) -> Bool
    ) -> [EntryIdentity] {
        var taken: [EntryIdentity] = []
        while taken.count < most, let first = lines[origin]?.first, isDue(first) {
            lines[origin]?.removeFirst()
            taken.append(EntryIdentity(origin: origin, sequence: first.sequence))
        }
        if lines[origin]?.isEmpty == true { lines[origin] = nil }
        return taken
    }
}
