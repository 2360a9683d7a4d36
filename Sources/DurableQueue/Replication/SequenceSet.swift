internal import DequeModule

/// A set of sequences, as ranges: of one origin they mostly lie close together, so that a million take as little room and time as a few.
///
/// Looking one up takes time by the logarithm of the number of ranges, a change far from both ends and the set operations by their number.
public struct SequenceSet: Hashable, Codable, Sendable {
    /// In order, none touching the next. What ends is mostly at the front, what comes at the end.
    private var spans: Deque<ClosedRange<UInt64>> = []

    /// The ranges that make it up, in order, none touching the next.
    public var ranges: [ClosedRange<UInt64>] { Array(spans) }

    /// None.
    public init() {}

    /// These, in any order.
    public init(_ sequences: some Sequence<UInt64>) {
        for sequence in sequences.sorted() { insert(sequence) }
    }

    /// Nil where the ranges are not in order, or touch each other.
    init?(ranges: [ClosedRange<UInt64>]) {
        for (range, next) in zip(ranges, ranges.dropFirst()) {
            guard next.lowerBound > range.upperBound, next.lowerBound - range.upperBound > 1 else { return nil }
        }
        spans = Deque(ranges)
    }

    /// Those from one to another.
    public init(_ range: ClosedRange<UInt64>) { spans = [range] }

    private init(inOrder ranges: [ClosedRange<UInt64>]) { spans = Deque(ranges) }

    /// Whether there are none.
    public var isEmpty: Bool { spans.isEmpty }

    /// How many there are.
    public var count: UInt64 { spans.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) + 1 } }

    /// Whether this one is there.
    public func contains(_ sequence: UInt64) -> Bool {
        let index = index(notBelow: sequence)
        return index < spans.count && spans[index].lowerBound <= sequence
    }

    /// Adds one, if it is not there.
    public mutating func insert(_ sequence: UInt64) {
        let index = index(notBelow: sequence)
        let next = index < spans.count ? spans[index] : nil
        if let next, next.lowerBound <= sequence { return }
        let joinsNext = next.map { $0.lowerBound - 1 == sequence } ?? false
        let joinsLast = index > 0 && spans[index - 1].upperBound + 1 == sequence
        switch (joinsLast, joinsNext) {
        case (true, true):
            spans[index - 1] = spans[index - 1].lowerBound...spans[index].upperBound
            spans.remove(at: index)
        case (true, false): spans[index - 1] = spans[index - 1].lowerBound...sequence
        case (false, true): spans[index] = sequence...spans[index].upperBound
        case (false, false): spans.insert(sequence...sequence, at: index)
        }
    }

    /// Takes one out. False if it was not there.
    @discardableResult public mutating func remove(_ sequence: UInt64) -> Bool {
        let index = index(notBelow: sequence)
        guard index < spans.count, spans[index].lowerBound <= sequence else { return false }
        let range = spans[index]
        var rest: [ClosedRange<UInt64>] = []
        if range.lowerBound < sequence { rest.append(range.lowerBound...sequence - 1) }
        if sequence < range.upperBound { rest.append(sequence + 1...range.upperBound) }
        spans.replaceSubrange(index...index, with: rest)
        return true
    }

    /// Takes these out. The few that mostly are to go take less time one by one than what is left does.
    mutating func subtract(_ sequences: [UInt64]) {
        if sequences.count < 64 {
            for sequence in sequences { remove(sequence) }
        } else {
            self = subtracting(SequenceSet(sequences))
        }
    }

    /// The index of the first range that ends at this sequence or behind it.
    private func index(notBelow sequence: UInt64) -> Int {
        guard let last = spans.last, sequence <= last.upperBound else { return spans.count }
        var (low, high) = (0, spans.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].upperBound < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension SequenceSet {
    /// What is in either.
    public func union(_ other: SequenceSet) -> SequenceSet {
        let all = (Array(spans) + other.spans).sorted { $0.lowerBound < $1.lowerBound }
        let joined = all.reduce(into: [ClosedRange<UInt64>]()) { joined, range in
            if let last = joined.last, last.upperBound >= range.lowerBound || last.upperBound == range.lowerBound - 1 {
                joined[joined.count - 1] = last.lowerBound...Swift.max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return SequenceSet(inOrder: joined)
    }

    /// What is in both.
    public func intersection(_ other: SequenceSet) -> SequenceSet {
        var common: [ClosedRange<UInt64>] = []
        var (index, otherIndex) = (0, 0)
        while index < spans.count, otherIndex < other.spans.count {
            let (left, right) = (spans[index], other.spans[otherIndex])
            if left.overlaps(right) { common.append(left.clamped(to: right)) }
            if left.upperBound < right.upperBound { index += 1 } else { otherIndex += 1 }
        }
        return SequenceSet(inOrder: common)
    }

    /// What is here and not there.
    public func subtracting(_ other: SequenceSet) -> SequenceSet {
        var rest: [ClosedRange<UInt64>] = []
        var index = 0
        for range in spans {
            var lowest: UInt64? = range.lowerBound
            while let lower = lowest, index < other.spans.count, other.spans[index].lowerBound <= range.upperBound {
                let hole = other.spans[index]
                if lower < hole.lowerBound { rest.append(lower...hole.lowerBound - 1) }
                // One that ends behind this range may reach into the next.
                guard hole.upperBound < range.upperBound else {
                    lowest = nil
                    break
                }
                lowest = Swift.max(lower, hole.upperBound + 1)
                index += 1
            }
            if let lowest { rest.append(lowest...range.upperBound) }
        }
        return SequenceSet(inOrder: rest)
    }

    /// The lowest ones, so many at most.
    func first(_ count: Int) -> SequenceSet {
        var room = UInt64(count)
        var first: [ClosedRange<UInt64>] = []
        for range in spans {
            guard room > 0 else { break }
            let last = range.upperBound - range.lowerBound < room ? range.upperBound : range.lowerBound + room - 1
            first.append(range.lowerBound...last)
            room -= last - range.lowerBound + 1
        }
        return SequenceSet(inOrder: first)
    }
}

extension SequenceSet {
    /// The ranges.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Array(spans))
    }

    /// The ranges, in order.
    ///
    /// - Throws: where they are not.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let set = SequenceSet(ranges: try container.decode([ClosedRange<UInt64>].self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "the ranges are not in order")
        }
        self = set
    }
}

extension SequenceSet: Sequence {
    /// Goes through a set.
    public struct Iterator: IteratorProtocol {
        fileprivate var rest: FlattenSequence<Deque<ClosedRange<UInt64>>>.Iterator

        /// The next higher one.
        public mutating func next() -> UInt64? { rest.next() }
    }

    /// Each in turn, the lowest first.
    public func makeIterator() -> Iterator { Iterator(rest: spans.joined().makeIterator()) }
}

extension SequenceSet: ExpressibleByArrayLiteral {
    /// These, in any order.
    public init(arrayLiteral sequences: UInt64...) { self.init(sequences) }
}
