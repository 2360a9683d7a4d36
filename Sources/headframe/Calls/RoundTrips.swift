internal import MessagePack

/// Round-trip times and what is said of them.
struct RoundTrips: Sendable {
    private(set) var times: [Duration] = []
    private(set) var failures = 0

    mutating func add(_ time: Duration) { times.append(time) }

    mutating func addFailure() { failures += 1 }

    var minimum: Duration? { times.min() }

    var maximum: Duration? { times.max() }

    var average: Duration? { times.isEmpty ? nil : times.reduce(.zero, +) / times.count }

    /// The time that this share of all round trips does not exceed: the nearest rank, so that it is one of the times.
    func percentile(_ percent: Double) -> Duration? {
        guard !times.isEmpty else { return nil }
        let rank = (percent / 100 * Double(times.count)).rounded(.up)
        return times.sorted()[min(max(Int(rank), 1), times.count) - 1]
    }

    /// The members of an object: `{sent, failed, minMilliseconds, avgMilliseconds, p99Milliseconds, maxMilliseconds}`.
    var json: [MessagePackMapEntry] {
        func milliseconds(_ time: Duration?) -> MessagePackValue {
            time.map { .double(($0 / .microseconds(1)).rounded() / 1000) } ?? .null
        }
        return [
            MessagePackMapEntry("sent", MessagePackValue(times.count + failures)),
            MessagePackMapEntry("failed", MessagePackValue(failures)),
            MessagePackMapEntry("minMilliseconds", milliseconds(minimum)),
            MessagePackMapEntry("avgMilliseconds", milliseconds(average)),
            MessagePackMapEntry("p99Milliseconds", milliseconds(percentile(99))),
            MessagePackMapEntry("maxMilliseconds", milliseconds(maximum)),
        ]
    }
}
