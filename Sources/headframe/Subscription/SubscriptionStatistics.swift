/// What is worth knowing of a stream that was watched: is it whole, and who sent it.
///
/// A value: items go in, counts come out.
struct SubscriptionStatistics: Sendable, Equatable {
    /// What the statistics look at in an item.
    struct Item: Sendable {
        var publisher: String
        var epoch: UInt64
        var height: UInt64
        /// Names the position: two items with one name and one key are the same thing.
        var position: String
        var key: String
        var isReset: Bool
    }

    /// Heights that never came.
    typealias Gap = ClosedRange<UInt64>

    /// Items in all.
    private(set) var items = 0
    /// The height of the first item and of the last one.
    private(set) var firstHeight: UInt64?
    private(set) var lastHeight: UInt64?
    /// Heights that were skipped: a block whose item never came.
    private(set) var missingHeights: UInt64 = 0
    /// The first so many stretches of skipped heights.
    private(set) var gaps: [Gap] = []
    /// Items whose position and key had come before.
    private(set) var duplicates = 0
    /// Times that an item came from another publisher, or another life of it, than the one before.
    private(set) var switches = 0
    /// Explicit resets: the stream said that it starts again.
    private(set) var resets = 0
    /// Times that the height fell without a reset.
    private(set) var falls = 0
    /// Alarms of the merger.
    private(set) var alarms = 0
    /// How many items each publisher sent.
    private(set) var itemsByPublisher: [String: Int] = [:]

    private var lastPublisher: String?
    private var seen = RecentNames(capacity: SubscriptionStatistics.rememberedItems)

    /// How many stretches of skipped heights are kept by name; they are all counted.
    static let keptGaps = 100
    /// How many items are remembered to find duplicates; at 100 bytes each, 6 MB.
    static let rememberedItems = 65_536
    /// How many publishers are counted one by one; a hostile stream could name ever new ones.
    static let countedPublishers = 1000

    /// An item came.
    mutating func received(_ item: Item) {
        items += 1
        countPublisher(of: item)
        if item.isReset {
            resets += 1
            // What comes after a reset may have come before it, rightly.
            seen.removeAll()
        } else if let lastHeight, item.height < lastHeight {
            falls += 1
        }
        if let lastHeight, item.height > lastHeight, item.height - lastHeight > 1 {
            miss(lastHeight + 1...item.height - 1)
        }
        if !seen.insert("\(item.position)\u{0}\(item.key)") { duplicates += 1 }
        firstHeight = firstHeight ?? item.height
        lastHeight = item.height
    }

    /// The merger raised an alarm.
    mutating func alarmed() { alarms += 1 }

    private mutating func countPublisher(of item: Item) {
        let publisher = "\(item.publisher)#\(item.epoch)"
        if let lastPublisher, lastPublisher != publisher { switches += 1 }
        lastPublisher = publisher
        guard itemsByPublisher.count < Self.countedPublishers || itemsByPublisher[item.publisher] != nil else { return }
        itemsByPublisher[item.publisher, default: 0] += 1
    }

    private mutating func miss(_ heights: Gap) {
        // A hostile stream may skip everything several times over.
        let (sum, isTooMuch) = missingHeights.addingReportingOverflow(heights.upperBound - heights.lowerBound + 1)
        missingHeights = isTooMuch ? .max : sum
        if gaps.count < Self.keptGaps { gaps.append(heights) }
    }
}

/// The newest so many names.
struct RecentNames: Sendable, Equatable {
    private let capacity: Int
    private var present: Set<String> = []
    private var order: [String] = []
    private var oldest = 0

    init(capacity: Int) { self.capacity = capacity }

    /// Whether the name is new; it pushes out the oldest beyond the capacity.
    mutating func insert(_ name: String) -> Bool {
        guard present.insert(name).inserted else { return false }
        if order.count < capacity {
            order.append(name)
        } else {
            present.remove(order[oldest])
            order[oldest] = name
            oldest = (oldest + 1) % capacity
        }
        return true
    }

    mutating func removeAll() { self = RecentNames(capacity: capacity) }
}
