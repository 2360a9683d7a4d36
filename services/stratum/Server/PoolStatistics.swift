internal import Metrics
internal import Synchronization

/// Counts what happens to shares and connections, for the method `status` and for `/metrics`.
final class PoolStatistics: Sendable {
    private struct State {
        var rate = RateWindow()
        var shares: [ShareRecord.Outcome: Int] = [:]
        var blocks = 0
        var recording = RecentTimes()
    }

    private let state = Mutex(State())
    private let counters: [ShareRecord.Outcome: Counter]
    private let blockCounter = Counter(label: "pool_blocks_found_total")
    private let busyCounter = Counter(label: "pool_shares_unchecked_total")
    private let closed = Mutex<[CloseCause: Counter]>([:])
    private let broadcast = Metrics.Timer(label: "pool_work_broadcast_seconds")
    private let recording = Metrics.Timer(label: "pool_share_store_seconds")
    private let connectionGauge = Gauge(label: "pool_connections")

    /// Nothing happened.
    init() {
        counters = Dictionary(
            uniqueKeysWithValues: ShareRecord.Outcome.allCases.map {
                ($0, Counter(label: "pool_shares_total", dimensions: [("outcome", $0.rawValue)]))
            })
    }

    /// A share was answered.
    func share(_ outcome: ShareRecord.Outcome, now: ContinuousClock.Instant) {
        counters[outcome]?.increment()
        state.withLock {
            $0.shares[outcome, default: 0] += 1
            $0.rate.count(now: now)
        }
    }

    /// A block was found.
    func foundBlock() {
        blockCounter.increment()
        state.withLock { $0.blocks += 1 }
    }

    /// A share was not checked, because too many waited.
    func turnedAwayShare() { busyCounter.increment() }

    /// The server ended a connection.
    func ended(_ cause: CloseCause) {
        closed.withLock { counters in
            let counter =
                counters[cause]
                ?? Counter(label: "pool_connections_ended_total", dimensions: [("cause", cause.rawValue)])
            counters[cause] = counter
            counter.increment()
        }
    }

    /// Work has been handed to all connections of a thread.
    func handedOut(in time: Duration) { broadcast.recordSeconds(time / .seconds(1)) }

    /// An accepted share was recorded, and its answer waited so long for it.
    func recorded(in time: Duration) {
        recording.recordSeconds(time / .seconds(1))
        state.withLock { $0.recording.add(time) }
    }

    /// How long the answers of the last accepted shares waited until these were recorded.
    var recordingTimes: RecentTimes { state.withLock { $0.recording } }

    /// There are so many connections.
    func connections(_ count: Int) { connectionGauge.record(count) }

    /// Shares answered in a second, over the last ten.
    func sharesPerSecond(now: ContinuousClock.Instant) -> Double { state.withLock { $0.rate.perSecond(now: now) } }

    /// Shares answered since the start, by outcome.
    var shares: [String: Int] {
        state.withLock { state in
            Dictionary(uniqueKeysWithValues: state.shares.map { ($0.key.rawValue, $0.value) })
        }
    }

    /// Blocks found since the start.
    var blocks: Int { state.withLock { $0.blocks } }
}

/// Why the server ended a connection.
enum CloseCause: String, Sendable, Hashable {
    /// What it sent was none of the protocol, or too much of it.
    case protocolError
    /// It said nothing for too long, or did not log in.
    case silent
    /// It did not read.
    case slow
    /// A limit of its address.
    case limit
    /// A ban of its address.
    case banned
    /// A PROXY header from where none may come, or none from where one must.
    case proxy
    /// The server is shutting down.
    case drained
}

/// Counts events of the last seconds. A value.
struct RateWindow: Sendable {
    /// How many seconds it looks back.
    static let seconds = 10

    private var counts = [Int](repeating: 0, count: seconds)
    private var second: Int64 = 0
    private var start: ContinuousClock.Instant?

    /// Counts one.
    mutating func count(now: ContinuousClock.Instant) {
        advance(to: now)
        counts[Int(second % Int64(Self.seconds))] += 1
    }

    /// The mean rate.
    mutating func perSecond(now: ContinuousClock.Instant) -> Double {
        advance(to: now)
        return Double(counts.reduce(0, +)) / Double(Self.seconds)
    }

    private mutating func advance(to now: ContinuousClock.Instant) {
        let start = start ?? now
        self.start = start
        let present = (now - start).components.seconds
        guard present > second else { return }
        for passed in 1...min(present - second, Int64(Self.seconds)) {
            counts[Int((second + passed) % Int64(Self.seconds))] = 0
        }
        second = present
    }
}
