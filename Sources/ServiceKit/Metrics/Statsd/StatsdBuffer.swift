/// What is sent in one piece: lines with a line end between each two.
struct StatsdDatagram: Equatable, Sendable {
    fileprivate(set) var bytes: [UInt8] = []
    /// How many events are in it.
    fileprivate(set) var events = 0
}

/// Packs lines into datagrams, and keeps a bounded number of them until they are sent.
struct StatsdBuffer {
    /// What fits into an Ethernet frame with the headers of IPv6 and of a tunnel or two; statsd's own advice.
    static let datagramBytes = 1432
    /// How long a line waits at most for others to travel with.
    static let patience = Duration.milliseconds(100)

    /// How many full datagrams are kept; one more, and the oldest is dropped: what is newest is worth the most.
    let limit: Int
    /// How many events were not kept: too many, or a line too long for a datagram.
    private(set) var dropped = 0
    private var full: [StatsdDatagram] = []
    private var open = StatsdDatagram()
    private var openSince = Duration.zero

    init(limit: Int = 256) {
        self.limit = limit
    }

    var isEmpty: Bool { full.isEmpty && open.events == 0 }

    /// When there is something to send; nil while there is nothing at all.
    var due: Duration? {
        if !full.isEmpty { return .zero }
        return open.events == 0 ? nil : openSince + Self.patience
    }

    /// Adds the lines of one event, which stay together. Returns whether ``due`` has changed.
    mutating func add(_ lines: String, at now: Duration) -> Bool {
        let size = lines.utf8.count
        guard size <= Self.datagramBytes else {
            dropped += 1
            return false
        }
        let before = due
        if open.events > 0, open.bytes.count + 1 + size > Self.datagramBytes { close() }
        if open.events == 0 {
            openSince = now
            open.bytes.reserveCapacity(Self.datagramBytes)
        } else {
            open.bytes.append(UInt8(ascii: "\n"))
        }
        open.bytes.append(contentsOf: lines.utf8)
        open.events += 1
        return due != before
    }

    /// Takes the full datagrams, and the one that is not full if its time has come or `all` is asked for.
    mutating func take(at now: Duration, all: Bool = false) -> [StatsdDatagram] {
        if open.events > 0, all || now >= openSince + Self.patience { close() }
        defer { full = [] }
        return full
    }

    private mutating func close() {
        if full.count == limit { dropped += full.removeFirst().events }
        full.append(open)
        open = StatsdDatagram()
    }
}
