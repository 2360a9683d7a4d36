/// Lets one log line of a kind through in ten seconds and counts the rest: bad input must not fill the disk.
struct NoteLimiter {
    private var last: [String: (at: MeshInstant, suppressed: Int)] = [:]

    private static let interval = Duration.seconds(10)

    /// How many lines of this kind were kept back since the last one; nil when this one is to be kept back too.
    mutating func admit(_ kind: String, now: MeshInstant) -> Int? {
        if let previous = last[kind], now - previous.at < Self.interval {
            last[kind]?.suppressed += 1
            return nil
        }
        defer { last[kind] = (now, 0) }
        return last[kind]?.suppressed ?? 0
    }
}
