internal import CZeroMQ

/// The sockets and descriptors of a loop and the array that `zmq_poll` reads, kept until a registration changes.
struct ReadinessTable {
    enum Target {
        case socket(UnsafeMutableRawPointer)
        case descriptor(Int32)
    }

    struct Entry {
        let target: Target
        let name: String
        var interest: Readiness
        let handler: (Readiness) -> Void
    }

    struct Ready {
        var wakeup = false
        var registrations: [(Int, Readiness)] = []
    }

    private var entries: [Int: Entry] = [:]
    private var nextIdentifier = 0
    private var items: [zmq_pollitem_t] = []
    private var identifiers: [Int] = []
    private var isStale = true

    subscript(identifier: Int) -> Entry? { entries[identifier] }

    mutating func insert(_ entry: Entry) -> Registration {
        nextIdentifier += 1
        entries[nextIdentifier] = entry
        isStale = true
        return Registration(identifier: nextIdentifier)
    }

    mutating func setInterest(_ interest: Readiness, of registration: Registration) {
        guard entries[registration.identifier]?.interest != interest else { return }
        entries[registration.identifier]?.interest = interest
        isStale = true
    }

    mutating func remove(_ registration: Registration) {
        entries[registration.identifier] = nil
        isStale = true
    }

    mutating func removeAll() {
        entries = [:]
        isStale = true
    }

    mutating func withPollItems(
        wakeup: Int32, _ body: (UnsafeMutableBufferPointer<zmq_pollitem_t>) -> Int32
    ) -> Int32 {
        if isStale { rebuild(wakeup: wakeup) }
        return items.withUnsafeMutableBufferPointer { body($0) }
    }

    func takeReady() -> Ready {
        var ready = Ready(wakeup: items[0].revents != 0)
        for index in items.indices.dropFirst() where items[index].revents != 0 {
            ready.registrations.append((identifiers[index], Readiness(rawValue: items[index].revents)))
        }
        return ready
    }

    private mutating func rebuild(wakeup: Int32) {
        items = [zmq_pollitem_t(socket: nil, fd: wakeup, events: Readiness.readable.rawValue, revents: 0)]
        identifiers = [0]
        for (identifier, entry) in entries where !entry.interest.isEmpty {
            let events = entry.interest.rawValue
            switch entry.target {
            case .socket(let socket): items.append(.init(socket: socket, fd: 0, events: events, revents: 0))
            case .descriptor(let descriptor):
                items.append(.init(socket: nil, fd: descriptor, events: events, revents: 0))
            }
            identifiers.append(identifier)
        }
        isStale = false
    }
}
