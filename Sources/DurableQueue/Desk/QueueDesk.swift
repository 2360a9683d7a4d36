internal import FoundationEssentials
internal import Synchronization

/// What a process with queues offers in the mesh, so that others can read, complete and look after them.
///
/// Several queues may have one name: a process' own one, say, and those that it has adopted. They are told apart by their origins.
/// The methods are described in `docs/PROTOCOL.md`.
public final class QueueDesk: Sendable {
    /// The bounds of what the desk hands out.
    public struct Options: Sendable {
        /// The most entries in a chunk.
        public var chunkEntries = 1000
        /// The most payload bytes in a chunk, unless one entry alone has more. As many chunks as a stream has credit for may be under way to a
        /// slow reader.
        public var chunkBytes = 256 << 10
        /// After how long without entries a chunk without any shows that the stream is alive.
        public var heartbeat: Duration = .seconds(5)
        /// How long a chunk gathers entries when the reader has seen all that there were.
        public var gatherFor: Duration = .milliseconds(50)
        /// The most entries in an answer of the methods for people.
        public var pageEntries = 1000

        /// The defaults.
        public init() {}
    }

    struct Served: Sendable {
        let queue: DurableQueue
        let diskBound: Int?
        let gauges: QueueGauges
        let standing: @Sendable () -> QueueStanding
    }

    let options: Options
    private let served = Mutex<[UUID: Served]>([:])
    let isReadable = Atomic(true)

    /// A desk without queues.
    public init(options: Options = Options()) { self.options = options }

    /// Offers a queue from now on.
    ///
    /// - Parameters:
    ///   - diskBound: the most bytes that its store may take, for people.
    ///   - standing: where it stands in its group, asked for often; nil for a queue that is in none.
    public func add(
        _ queue: DurableQueue, diskBound: Int? = nil, standing: (@Sendable () -> QueueStanding)? = nil
    ) {
        let origin = queue.store.origin
        let served = Served(
            queue: queue, diskBound: diskBound, gauges: QueueGauges(queue: queue.configuration.name, store: origin),
            standing: standing ?? { [queue] in
                QueueStanding(origins: Dictionary(uniqueKeysWithValues: queue.ownedOrigins.map { ($0, 0) }))
            })
        self.served.withLock { $0[origin] = served }
    }

    /// Offers a queue no more: whoever reads it is told so.
    public func remove(_ queue: DurableQueue) {
        let removed = served.withLock { $0.removeValue(forKey: queue.store.origin) }
        removed?.gauges.clear()
        queue.readers.ring()
    }

    /// Lets nobody read any more; who reads is told so, and everything else goes on. For a process that ends: it waits for its streams.
    public func stopReading() {
        isReadable.store(false, ordering: .relaxed)
        for served in all { served.queue.readers.ring() }
    }

    /// Keeps the gauges of the queues up to date, until its task is cancelled.
    public func run() async {
        repeat {
            for served in all { served.gauges.show(served.queue.status, now: served.queue.clock.now) }
            // The sleep throws when the task is cancelled, and nothing else.
        } while (try? await Task.sleep(for: .seconds(1))) != nil
    }

    /// What is offered, in the order of names and origins.
    var all: [Served] {
        served.withLock { Array($0.values) }.sorted {
            ($0.queue.configuration.name, $0.queue.store.origin) < ($1.queue.configuration.name, $1.queue.store.origin)
        }
    }

    /// The queues of a name.
    func queues(_ name: String) throws(QueueDeskError) -> [Served] {
        let all = all
        let found = all.filter { $0.queue.configuration.name == name }
        guard !found.isEmpty else {
            let names = Set(all.map(\.queue.configuration.name)).sorted().joined(separator: ", ")
            throw QueueDeskError(
                QueueDeskError.unknownQueue,
                "there is no queue “\(name)” here, there is \(names.isEmpty ? "none" : names); the method queues lists them"
            )
        }
        return found
    }

    /// A queue that serves the entries of an origin, and the epoch of that.
    typealias Serving = (queue: DurableQueue, epoch: UInt64)

    /// The queues that serve the entries of an origin, the one to be read first: that of the newest ownership, else the origin's own, else
    /// the one that has most. Two of them are there where a process has adopted what held copies of another.
    func serving(_ origin: UUID, of name: String) async throws(QueueDeskError) -> [Serving] {
        let found = try queues(name).compactMap { served in
            served.standing().origins[origin].map { (queue: served.queue, epoch: $0) }
        }
        guard !found.isEmpty else {
            throw QueueDeskError(
                QueueDeskError.unknownOrigin,
                "the entries of \(origin.uuidString.lowercased()) in \(name) are not served here, or not any more; ask every instance for its "
                    + "queues and read on where the origin is named")
        }
        guard found.count > 1 else { return found }
        var ends: [UUID: UInt64] = [:]
        for (queue, _) in found { ends[queue.store.origin] = await queue.acknowledgedThrough(of: origin) }
        return found.sorted { one, other in
            let (store, otherStore) = (one.queue.store.origin, other.queue.store.origin)
            if one.epoch != other.epoch { return one.epoch > other.epoch }
            if (store == origin) != (otherStore == origin) { return store == origin }
            return ends[store, default: 0] > ends[otherStore, default: 0]
        }
    }
}
