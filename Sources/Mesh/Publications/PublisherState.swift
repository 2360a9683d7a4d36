/// The sending side of one publication: what is current, who listens, and what each listener is owed.
///
/// A slow listener delays nobody: what it cannot take yet is conflated to the newest item of each position. Sequence numbers
/// are given when an item leaves, so that conflation is no hole.
struct PublisherState: Sendable {
    struct Subscriber: Sendable {
        var credit = 1
        var sequence: UInt64 = 0
        var owed: [PublishedItem] = []
    }

    private let limit: Int
    /// The newest item of each of the last positions, by rising ordinal; the last one is current.
    private(set) var history: [PublishedItem] = []
    private(set) var subscribers: [ChannelKey: Subscriber] = [:]

    init(limit: Int) { self.limit = limit }

    /// Takes a new current item; gives what may be sent at once.
    mutating func publish(_ item: PublishedItem) -> [(ChannelKey, PublishedItem)] {
        history.removeAll {
            $0.position.parent == item.position.parent || $0.position.ordinal >= item.position.ordinal
                || $0.position.lineage != item.position.lineage
        }
        history.append(item)
        if history.count > limit { history.removeFirst() }
        return subscribers.keys.sorted().flatMap { key in
            owe(item, to: key)
            return flush(key)
        }
    }

    /// Adds a listener, who begins with what it does not know yet.
    mutating func subscribe(_ key: ChannelKey, after: Ordinal?) -> [(ChannelKey, PublishedItem)] {
        subscribers[key] = Subscriber()
        let missed = after.map { after in history.filter { $0.position.ordinal > after } } ?? []
        for var item in missed.isEmpty ? history.suffix(1) : missed[...] {
            item.isSnapshot = true
            owe(item, to: key)
        }
        return flush(key)
    }

    /// A listener may be sent more.
    mutating func grant(_ credit: Int, to key: ChannelKey) -> [(ChannelKey, PublishedItem)] {
        guard let subscriber = subscribers[key] else { return [] }
        subscribers[key]?.credit = min(subscriber.credit + max(credit, 0), Int(Int32.max))
        return flush(key)
    }

    mutating func remove(_ key: ChannelKey) { subscribers[key] = nil }

    private mutating func owe(_ item: PublishedItem, to key: ChannelKey) {
        guard var owed = subscribers[key]?.owed else { return }
        owed.removeAll { $0.position.parent == item.position.parent }
        owed.append(item)
        if owed.count > limit { owed.removeFirst() }
        subscribers[key]?.owed = owed
    }

    private mutating func flush(_ key: ChannelKey) -> [(ChannelKey, PublishedItem)] {
        guard var subscriber = subscribers[key] else { return [] }
        var sent: [(ChannelKey, PublishedItem)] = []
        while subscriber.credit > 0, !subscriber.owed.isEmpty {
            var item = subscriber.owed.removeFirst()
            subscriber.credit -= 1
            subscriber.sequence += 1
            item.sequence = subscriber.sequence
            sent.append((key, item))
        }
        subscribers[key] = subscriber
        return sent
    }
}
