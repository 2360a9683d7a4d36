internal import DequeModule
package import FoundationEssentials

/// Values by the entries they belong to, in the order of the identities.
///
/// Sequences are given out one after the other, so an entry is found by counting rather than by hashing: a million of them are looked up
/// while a store is opened, and each one several times on its way.
package struct EntryMap<Value: Sendable>: Sendable {
    /// Those of 64 sequences in a row. What is not there takes no room, so that one that stays for long costs no more than itself.
    fileprivate struct Page: Sendable {
        let number: UInt64
        /// Which of the sequences are there, a bit each.
        var present: UInt64 = 0
        /// Of those that are there, in order; nil only while one is being changed.
        var values: [Value?] = []

        init(number: UInt64) { self.number = number }

        static var size: UInt64 { 64 }

        static func bit(of sequence: UInt64) -> UInt64 { 1 << (sequence % size) }

        func isThere(_ sequence: UInt64) -> Bool { present & Self.bit(of: sequence) != 0 }

        /// How many there are before a sequence.
        func rank(of sequence: UInt64) -> Int { (present & (Self.bit(of: sequence) - 1)).nonzeroBitCount }
    }

    fileprivate struct Line: Sendable {
        let origin: UUID
        var pages: Deque<Page> = []

        /// Where the page of a sequence is, or would have to be.
        func index(of number: UInt64) -> (index: Int, isThere: Bool) {
            let count = pages.count
            guard count > 0, pages[count - 1].number >= number else { return (count, false) }
            // Mostly none is missing between it and the last, or the first.
            let fromLast = pages[count - 1].number - number
            if fromLast < UInt64(count), pages[count - 1 - Int(fromLast)].number == number {
                return (count - 1 - Int(fromLast), true)
            }
            var (low, high) = (0, count)
            while low < high {
                let middle = (low + high) / 2
                if pages[middle].number < number { low = middle + 1 } else { high = middle }
            }
            return (low, pages[low].number == number)
        }
    }

    private struct Place {
        let line: Int
        let page: Int
        let rank: Int
    }

    /// By origin; there are few.
    private var lines: [Line] = []
    /// How many there are.
    package private(set) var count = 0

    /// An empty one.
    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The value of an entry; nil takes it out.
    package subscript(identity: EntryIdentity) -> Value? {
        _read {
            if let place = place(of: identity) {
                yield lines[place.line].pages[place.page].values[place.rank]
            } else {
                yield nil
            }
        }
        set {
            if let newValue {
                let place = place(of: identity) ?? makePlace(of: identity)
                lines[place.line].pages[place.page].values[place.rank] = newValue
            } else {
                _ = remove(identity)
            }
        }
        _modify {
            let place = place(of: identity) ?? makePlace(of: identity)
            defer {
                if lines[place.line].pages[place.page].values[place.rank] == nil { remove(place, identity.sequence) }
            }
            yield &lines[place.line].pages[place.page].values[place.rank]
        }
    }

    package func contains(_ identity: EntryIdentity) -> Bool { place(of: identity) != nil }

    /// Takes an entry out.
    package mutating func remove(_ identity: EntryIdentity) -> Value? {
        guard let place = place(of: identity) else { return nil }
        return remove(place, identity.sequence)
    }

    private func place(of identity: EntryIdentity) -> Place? {
        guard let line = line(of: identity.origin) else { return nil }
        let (page, isThere) = lines[line].index(of: identity.sequence / Page.size)
        guard isThere, lines[line].pages[page].isThere(identity.sequence) else { return nil }
        return Place(line: line, page: page, rank: lines[line].pages[page].rank(of: identity.sequence))
    }

    private func line(of origin: UUID) -> Int? { lines.firstIndex { $0.origin.isSame(as: origin) } }

    private mutating func makeLine(of origin: UUID) -> Int {
        let line = lines.firstIndex { $0.origin > origin } ?? lines.count
        lines.insert(Line(origin: origin), at: line)
        return line
    }

    /// Makes room for one that is not there.
    private mutating func makePlace(of identity: EntryIdentity) -> Place {
        let line = line(of: identity.origin) ?? makeLine(of: identity.origin)
        let number = identity.sequence / Page.size
        let (page, isThere) = lines[line].index(of: number)
        if !isThere { lines[line].pages.insert(Page(number: number), at: page) }
        let rank = lines[line].pages[page].rank(of: identity.sequence)
        lines[line].pages[page].present |= Page.bit(of: identity.sequence)
        lines[line].pages[page].values.insert(nil, at: rank)
        count += 1
        return Place(line: line, page: page, rank: rank)
    }

    @discardableResult private mutating func remove(_ place: Place, _ sequence: UInt64) -> Value? {
        count -= 1
        lines[place.line].pages[place.page].present &= ~Page.bit(of: sequence)
        let value = lines[place.line].pages[place.page].values.remove(at: place.rank)
        if lines[place.line].pages[place.page].present == 0 { lines[place.line].pages.remove(at: place.page) }
        if lines[place.line].pages.isEmpty { lines.remove(at: place.line) }
        return value
    }

    /// Some of an origin, or of all, in order.
    package struct Entries: Sequence, IteratorProtocol {
        private let origin: UUID
        private let pages: Deque<Page>
        private var page: Int
        /// Which ones of the page come yet, and how many came before them.
        private var rest: UInt64 = 0
        private var rank = 0

        fileprivate init(origin: UUID, line: Line?, from sequence: UInt64) {
            self.origin = origin
            pages = line?.pages ?? []
            page = line?.index(of: sequence / Page.size).index ?? 0
            guard page < pages.count else { return }
            rest = pages[page].present
            guard pages[page].number == sequence / Page.size else { return }
            rest &= ~(Page.bit(of: sequence) - 1)
            rank = pages[page].rank(of: sequence)
        }

        package mutating func next() -> (identity: EntryIdentity, value: Value)? {
            while page < pages.count {
                guard rest != 0 else {
                    page += 1
                    (rest, rank) = (page < pages.count ? pages[page].present : 0, 0)
                    continue
                }
                let sequence = pages[page].number * Page.size + UInt64(rest.trailingZeroBitCount)
                let value = pages[page].values[rank]
                rest &= rest - 1
                rank += 1
                if let value { return (EntryIdentity(origin: origin, sequence: sequence), value) }
            }
            return nil
        }
    }

    /// Those of an origin from a sequence on, in order.
    package func entries(of origin: UUID, from sequence: UInt64 = 0) -> Entries {
        Entries(origin: origin, line: line(of: origin).map { lines[$0] }, from: sequence)
    }

    /// Everything, in order.
    package var all: some Sequence<(identity: EntryIdentity, value: Value)> {
        lines.lazy.flatMap { Entries(origin: $0.origin, line: $0, from: 0) }
    }
}

extension UUID {
    /// Whether they are equal, by words rather than by bytes.
    fileprivate func isSame(as other: UUID) -> Bool {
        withUnsafeBytes(of: (uuid, other.uuid)) { bytes in
            bytes.loadUnaligned(as: UInt64.self) == bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                && bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                    == bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        }
    }
}
