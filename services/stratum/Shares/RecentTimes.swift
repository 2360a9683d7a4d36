/// How long the last of something took. A value.
struct RecentTimes: Sendable {
    /// How many are kept.
    static let kept = 4096

    private var times: [Duration] = []
    private var next = 0

    /// How many there are.
    var count: Int { times.count }

    /// Notes one; the oldest goes when there are too many.
    mutating func add(_ time: Duration) {
        if times.count < Self.kept {
            times.append(time)
        } else {
            times[next] = time
            next = (next + 1) % Self.kept
        }
    }

    /// What so great a part of them did not exceed; zero where there is none.
    func quantile(_ part: Double) -> Duration {
        guard !times.isEmpty else { return .zero }
        return times.sorted()[min(times.count - 1, Int(part * Double(times.count)))]
    }
}
