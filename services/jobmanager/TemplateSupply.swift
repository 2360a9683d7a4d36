/// Decides whether the coin daemons still stand behind the current job: they do until all have been silent for the grace.
struct TemplateSupply {
    /// What has changed.
    enum Change: Equatable {
        /// The grace is over and no daemon gives templates.
        case ended
        /// One gives templates again.
        case returned
    }

    /// How long silence is nothing.
    let grace: Duration
    private var hasEnded = false

    /// Begins as if a daemon gave templates.
    init(grace: Duration) {
        self.grace = grace
    }

    /// How long to wait between two looks: a fraction of the grace, and a second at most, so that a return is seen soon.
    var interval: Duration { min(grace / 4, .seconds(1)) }

    /// - Parameter silentSince: since when no daemon gives templates; nil while one does.
    mutating func looked(
        silentSince: ContinuousClock.Instant?, at now: ContinuousClock.Instant
    ) -> Change? {
        let isOver = silentSince.map { now - $0 >= grace } ?? false
        defer { hasEnded = isOver }
        return isOver == hasEnded ? nil : isOver ? .ended : .returned
    }
}
