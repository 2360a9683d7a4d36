/// The replies of a connection, in the order of its requests: what is known early waits for what was asked before it.
struct ReplyQueue: Sendable {
    /// What else a reply does the moment it leaves.
    enum Effect: Sendable {
        case none
        /// The miner knows its extranonce.
        case subscribed
        /// The miner knows that it may mine.
        case authorized
    }

    /// A reply that may leave.
    struct Reply: Sendable {
        var line: [UInt8]
        var effect = Effect.none
    }

    /// A place in the order.
    struct Place: Sendable, Hashable {
        fileprivate let number: Int
    }

    private var replies: [Reply?] = []
    private var first = 0

    /// How many places have not left yet.
    var count: Int { replies.count }

    /// The place of the next request.
    mutating func reserve() -> Place {
        replies.append(nil)
        return Place(number: first + replies.count - 1)
    }

    /// Sets the reply of a place, once.
    mutating func fill(_ place: Place, _ line: [UInt8], _ effect: Effect = .none) {
        replies[place.number - first] = Reply(line: line, effect: effect)
    }

    /// The next reply, where it is known.
    mutating func next() -> Reply? {
        guard let reply = replies.first ?? nil else { return nil }
        replies.removeFirst()
        first += 1
        return reply
    }
}
