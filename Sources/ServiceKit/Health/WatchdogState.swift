/// Decides whether an observed loop hangs.
///
/// Time is counted in the watchdog's own ticks, not by a clock: while the process is stopped (SIGSTOP, a suspended
/// machine) the watchdog does not tick either, so a process that is continued is not taken for hung.
struct WatchdogState {
    enum Action: Equatable {
        /// Ask the loop for an answer that carries `round`.
        case probe(String, round: Int)
        /// Half of the limit has passed without an answer.
        case late(String, ticks: Int)
        /// The limit has passed without an answer: the process has to end.
        case hung(String, ticks: Int)
    }

    private struct Loop {
        var round = 0
        /// Ticks since the probe that is unanswered; nil after its answer.
        var waiting: Int?
    }

    /// Ticks without an answer after which a loop hangs.
    let limit: Int
    private var loops: [String: Loop] = [:]

    init(limit: Int) {
        precondition(limit >= 2, "a loop needs at least one tick to answer")
        self.limit = limit
    }

    /// Begins to observe the loop called `name`.
    mutating func watch(_ name: String) {
        loops[name] = Loop()
    }

    /// Ends the observation: the loop is about to end by itself.
    mutating func unwatch(_ name: String) {
        loops[name] = nil
    }

    /// One tick of the watchdog has passed.
    mutating func tick() -> [Action] {
        loops.keys.sorted().compactMap { name in
            var loop = loops[name]!
            defer { loops[name] = loop }
            guard let waited = loop.waiting else {
                loop.waiting = 0
                loop.round += 1
                return .probe(name, round: loop.round)
            }
            loop.waiting = waited + 1
            if waited + 1 >= limit { return .hung(name, ticks: waited + 1) }
            return waited + 1 == limit / 2 ? .late(name, ticks: waited + 1) : nil
        }
    }

    /// The loop answered the probe of `round`; an answer to an older one says nothing.
    mutating func answered(_ name: String, round: Int) {
        guard loops[name]?.round == round else { return }
        loops[name]?.waiting = nil
    }

    /// The loops that are late by half the limit or more.
    var late: [String] {
        loops.filter { ($0.value.waiting ?? 0) >= limit / 2 }.keys.sorted()
    }
}
