/// Decides whether the current work is still good, from who stands behind it. A value; time is a parameter.
struct JobSupply: Sendable {
    /// What others are told of the supply.
    enum State: Sendable, Hashable {
        /// There is work, and a jobmanager stands behind it.
        case good
        /// There is work, and all jobmanagers are away: miners keep it for now.
        case kept(String)
        /// There is no work, or none that is worth mining, and why.
        case none(String)
    }

    /// What is known when it looks.
    struct Facts: Sendable {
        /// The height of the current work and when it was confirmed last; nil before the first.
        var work: (height: Int, confirmed: ContinuousClock.Instant)?
        /// How many jobmanagers are listed or connected.
        var known = 0
        /// How many of them are ready and answer.
        var ready = 0
        /// Why the last job could not be used, where that was so.
        var problem: String?
    }

    /// How long work is kept that nobody stands behind.
    let ageLimit: Duration

    /// What follows from the facts.
    func state(_ facts: Facts, now: ContinuousClock.Instant) -> State {
        let jobmanagers =
            switch (facts.known, facts.ready) {
            case (0, _): "no jobmanager is there; start one, or see whether the registry is the same"
            case (let known, 0): "none of the \(known) jobmanagers that are known is ready; see their /readyz"
            case (_, let ready): "\(ready) jobmanagers are ready and none has published a job that can be used"
            }
        guard let work = facts.work else {
            return .none("no job yet: " + (facts.problem ?? jobmanagers))
        }
        if facts.ready > 0 { return .good }
        let age = now - work.confirmed
        let seconds = Int((age / .seconds(1)).rounded())
        guard age < ageLimit else {
            return .none(
                "the last job, of height \(work.height), is \(seconds) s old and refused as stale: \(jobmanagers)")
        }
        return .kept(
            "miners keep the job of height \(work.height), last confirmed \(seconds) s ago, until that is \(Int(ageLimit / .seconds(1))) s: "
                + jobmanagers)
    }
}
