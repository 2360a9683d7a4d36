/// Decides when the server's name is looked up: at first use, after failures with backoff, and now and then in any case,
/// because UDP does not tell when a server has moved.
struct StatsdLink {
    static let renewal = Duration.seconds(300)
    static let shortestBackoff = Duration.seconds(1)
    static let longestBackoff = Duration.seconds(30)

    /// When the next lookup is due.
    private(set) var nextLookup = Duration.zero
    private var backoff = StatsdLink.shortestBackoff
    private var hasFailed = false

    /// The name has an address.
    mutating func found(at now: Duration) {
        if !hasFailed { backoff = Self.shortestBackoff }
        hasFailed = false
        nextLookup = now + Self.renewal
    }

    /// The name has no address at the moment; an older one goes on to be used.
    mutating func lookupFailed(at now: Duration, using random: inout some RandomNumberGenerator) {
        hasFailed = true
        nextLookup = now + nextBackoff(&random)
    }

    /// A datagram could not be sent, perhaps because the server is elsewhere by now.
    mutating func sendFailed(at now: Duration, using random: inout some RandomNumberGenerator) {
        // The lookup that follows the first failure is enough.
        guard !hasFailed else { return }
        hasFailed = true
        nextLookup = min(nextLookup, now + nextBackoff(&random))
    }

    /// From half of the backoff to all of it, so that processes that failed together do not ask together.
    private mutating func nextBackoff(_ random: inout some RandomNumberGenerator) -> Duration {
        defer { backoff = min(backoff * 2, Self.longestBackoff) }
        return backoff * Double.random(in: 0.5...1, using: &random)
    }
}

/// Says how many events were lost: at once, and then once a minute at most.
struct StatsdLosses {
    static let pause = Duration.seconds(60)

    private var reported = 0
    private var nextReport = Duration.zero

    /// When `lost` events in total have to be reported; nil if they have been.
    func due(_ lost: Int) -> Duration? { lost > reported ? nextReport : nil }

    /// How many of `lost` events in total are to be reported now; nil if none.
    mutating func report(_ lost: Int, at now: Duration) -> Int? {
        guard let due = due(lost), now >= due else { return nil }
        defer {
            reported = lost
            nextReport = now + Self.pause
        }
        return lost - reported
    }
}
