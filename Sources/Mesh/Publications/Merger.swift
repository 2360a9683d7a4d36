/// Merges one publication of many publishers into one stream that survives the loss of any of them.
///
/// A value: what happened goes in with the time, what is to be delivered comes out. Within a position the items of one
/// publisher, the active one, are delivered, each key once; the latest of the others is kept, so that another can take over
/// without waiting. A position that grew out of the current one is delivered at once, whoever sent it. Every other change needs
/// support, so that one publisher on a wrong chain takes nobody along. The rules in full: `docs/PUBLICATIONS.md`.
public struct Merger: Sendable {
    /// The waiting times and the sense of proportion of a merger.
    public struct Policy: Sendable {
        /// The only lineage to accept; nil for the one that most publishers are on at the start.
        public var lineage: String?
        /// How long the first decision waits for publishers that have said nothing yet.
        public var settleDelay: Duration = .seconds(1)
        /// How long a branch with as many supporters as the current one waits before the one with more work is followed.
        public var tieDelay: Duration = .seconds(5)
        /// How long a majority on another branch of no more work waits before it is followed with a reset.
        public var minorityDelay: Duration = .seconds(5)
        /// How long a position without any support is kept before a reset to the best supported one.
        public var unsupportedDelay: Duration = .seconds(10)
        /// How many times the average work of a step one step may add before it is believed only with support.
        public var largestStep: Double = 65536
        /// How many newer items another publisher may be ahead of the active one at one position.
        public var lagItems = 2

        /// The defaults.
        public init() {}
    }

    /// What the merger decided.
    public enum Output: Sendable {
        /// The next item of the merged stream; its ordinal is never lower than the one before.
        case deliver(PublishedItem)
        /// The stream starts again at this item, whose ordinal may be lower.
        case reset(PublishedItem, reason: String)
        /// Something that an operator should hear of.
        case alarm(String)
    }

    /// What happened so far.
    public struct Statistics: Sendable, Equatable {
        /// Items delivered, resets included.
        public var delivered = 0
        /// Items that were not delivered because their key already was.
        public var duplicates = 0
        /// Changes of the active publisher.
        public var switches = 0
        /// Items of another lineage.
        public var quarantined = 0
        /// Explicit resets.
        public var resets = 0
    }

    /// One publisher as the merger sees it.
    struct Publisher: Sendable {
        var isDraining = false
        var latest: PublishedItem?
        /// Items at the current position that it sent and the active one did not.
        var ahead = 0
        /// The last item of another lineage that it sent since the last one of the stream's own.
        var foreign: PublishedItem?
    }

    let policy: Policy
    var publishers: [LinkID: Publisher] = [:]
    /// How many publishers should be there, connected or not: the first decision counts them.
    public var expected = 0
    /// The publisher whose items are delivered at the current position.
    public internal(set) var active: LinkID?
    /// Where the merged stream stands.
    public internal(set) var current: Position?
    /// What happened so far.
    public internal(set) var statistics = Statistics()

    var lineage: String?
    /// Whether the lineage was given or two publishers agreed on it; one alone may have brought in a wrong one.
    var isLineageCertain: Bool
    var deliveredKeys: RecentKeys = .init(capacity: 1024)
    var firstItemAt: MeshInstant?
    var challengedSince: [String: MeshInstant] = [:]
    var minoritySince: MeshInstant?
    var unsupportedSince: MeshInstant?
    var foreignSince: MeshInstant?

    /// A merger that has seen nothing.
    public init(policy: Policy = Policy()) {
        self.policy = policy
        lineage = policy.lineage
        isLineageCertain = policy.lineage != nil
    }

    /// A publisher's stream is open.
    public mutating func appeared(_ publisher: LinkID) {
        publishers[publisher] = publishers[publisher] ?? Publisher()
    }

    /// A publisher died, hangs or left.
    public mutating func lost(_ publisher: LinkID, now: MeshInstant) -> [Output] {
        publishers[publisher] = nil
        return decide(now: now)
    }

    /// A publisher takes nothing new and will leave; another takes over as soon as there is one.
    public mutating func draining(_ publisher: LinkID, now: MeshInstant) -> [Output] {
        publishers[publisher]?.isDraining = true
        return decide(now: now)
    }

    /// A publisher that was draining, or not ready, takes work again.
    public mutating func returned(_ publisher: LinkID) { publishers[publisher]?.isDraining = false }

    /// A publisher sent an item.
    public mutating func received(_ item: PublishedItem, from publisher: LinkID, now: MeshInstant) -> [Output] {
        guard publishers[publisher] != nil else { return [] }
        if let lineage, item.position.lineage != lineage { return quarantine(item, from: publisher, now: now) }
        publishers[publisher]?.foreign = nil
        firstItemAt = firstItemAt ?? now
        noteProgress(of: publisher, with: item)
        publishers[publisher]?.latest = item
        var outputs: [Output] = []
        if let current, item.position.parent == current.parent, publisher == active {
            deliver(item, to: &outputs)
        }
        return outputs + decide(now: now)
    }

    /// Time has passed.
    public mutating func tick(now: MeshInstant) -> [Output] { decide(now: now) }

    /// When ``tick(now:)`` has something to decide at the latest; nil while nothing waits.
    public var nextDeadline: MeshInstant? {
        var deadlines = challengedSince.values.map { $0 + policy.tieDelay }
        if current == nil, let firstItemAt { deadlines.append(firstItemAt + policy.settleDelay) }
        if let minoritySince { deadlines.append(minoritySince + policy.minorityDelay) }
        if let foreignSince { deadlines.append(foreignSince + policy.minorityDelay) }
        if let unsupportedSince { deadlines.append(unsupportedSince + policy.unsupportedDelay) }
        return deadlines.min()
    }

    private mutating func quarantine(
        _ item: PublishedItem, from publisher: LinkID, now: MeshInstant
    ) -> [Output] {
        statistics.quarantined += 1
        let isKnown = publishers[publisher]?.foreign != nil
        publishers[publisher]?.latest = nil
        publishers[publisher]?.foreign = item
        guard !isKnown else { return decide(now: now) }
        let alarm = Output.alarm(
            "\(item.publisher) publishes for \(item.position.lineage), the stream is for \(lineage ?? "another"): its items are "
                + "left out; point it at the right network")
        return [alarm] + decide(now: now)
    }

    private mutating func noteProgress(of publisher: LinkID, with item: PublishedItem) {
        guard let current, item.position.parent == current.parent, publisher != active,
            !deliveredKeys.contains(item.key), publishers[publisher]?.latest?.key != item.key
        else { return }
        publishers[publisher]?.ahead += 1
    }

    mutating func deliver(_ item: PublishedItem, to outputs: inout [Output]) {
        guard deliveredKeys.insert(item.key) else {
            statistics.duplicates += 1
            return
        }
        for publisher in publishers.keys { publishers[publisher]?.ahead = 0 }
        statistics.delivered += 1
        outputs.append(.deliver(item))
    }
}

/// The newest so many keys.
struct RecentKeys: Sendable {
    private let capacity: Int
    private var present: Set<String> = []
    private var order: [String] = []
    private var oldest = 0

    init(capacity: Int) { self.capacity = capacity }

    func contains(_ key: String) -> Bool { present.contains(key) }

    /// Whether the key is new; it pushes out the oldest beyond the capacity.
    mutating func insert(_ key: String) -> Bool {
        guard present.insert(key).inserted else { return false }
        if order.count < capacity {
            order.append(key)
        } else {
            present.remove(order[oldest])
            order[oldest] = key
            oldest = (oldest + 1) % capacity
        }
        return true
    }

    mutating func removeAll() { self = RecentKeys(capacity: capacity) }
}
