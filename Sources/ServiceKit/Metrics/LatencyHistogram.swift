/// How many durations were at most as long as each of some bounds, since the start.
///
/// Unlike quantiles, such counts of several processes may be added up:
/// `histogram_quantile(0.99, sum by (le) (rate(mesh_request_seconds_bucket[5m])))`.
struct LatencyHistogram: Equatable, Sendable {
    /// The bounds in seconds, from 0.25 ms to 10 s; what is longer counts in the total alone.
    static let bounds = [
        0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// How many durations there were.
    private(set) var count: UInt64 = 0
    /// All durations together, in seconds.
    private(set) var sum = 0.0
    /// How many were above the bound before and not above this one; one for each bound.
    private var counts = [UInt64](repeating: 0, count: LatencyHistogram.bounds.count)

    /// Negative durations, which no clock should give, count as none.
    mutating func record(seconds: Double) {
        let seconds = max(0, seconds)
        count += 1
        sum += seconds
        if let bucket = Self.bounds.firstIndex(where: { seconds <= $0 }) { counts[bucket] += 1 }
    }

    /// Each bound with how many durations were at most that.
    var cumulative: [(bound: Double, count: UInt64)] {
        var total: UInt64 = 0
        return zip(Self.bounds, counts).map { bound, count in
            total += count
            return (bound, total)
        }
    }
}
