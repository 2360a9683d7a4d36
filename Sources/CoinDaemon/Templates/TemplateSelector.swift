internal import Mining

/// Keeps each daemon's newest template and health, and lets the policy decide which one is the job. Events in, choices out.
struct TemplateSelector: Sendable {
    private(set) var current: TemplateCandidate?
    private var candidates: [Int: TemplateCandidate] = [:]
    private let policy: any TemplatePolicy
    /// The places in the list of the daemons that have neither given a template nor failed so far.
    private var unheard: Set<Int>
    private let settledAt: ContinuousClock.Instant

    /// A selector for so many daemons.
    ///
    /// - Parameter settledAt: until then a daemon waits for those before it in the list to be heard, so that the quickest to answer
    ///   at the start does not decide which chain this is.
    init(policy: any TemplatePolicy, daemonCount: Int, settledAt: ContinuousClock.Instant) {
        self.policy = policy
        self.settledAt = settledAt
        unheard = Set(0..<daemonCount)
    }

    /// The newest template of the daemon with this place in the list.
    func candidate(_ priority: Int) -> TemplateCandidate? { candidates[priority] }

    /// The chain of the first daemon before this place in the list that ever gave a template.
    func lineage(before priority: Int) -> String? {
        candidates.values.filter { $0.priority < priority }.min { $0.priority < $1.priority }?.position.lineage
    }

    /// A daemon gave a template that was asked for at `askedAt`; returns the new choice when there is one.
    ///
    /// An answer that was overtaken is dropped: one with less work that was asked for before the held one came.
    mutating func received(
        _ candidate: TemplateCandidate, askedAt: ContinuousClock.Instant
    ) -> TemplateCandidate? {
        unheard.remove(candidate.priority)
        if let held = candidates[candidate.priority], held.position.lineage == candidate.position.lineage,
            askedAt < held.receivedAt, candidate.position.chainwork < held.position.chainwork
        {
            return nil
        }
        candidates[candidate.priority] = candidate
        return reconsider(at: candidate.receivedAt)
    }

    /// A daemon's health changed; returns the new choice when there is one.
    mutating func healthChanged(
        _ priority: Int, _ health: DaemonHealth, at now: ContinuousClock.Instant
    ) -> TemplateCandidate? {
        unheard.remove(priority)
        candidates[priority]?.health = health
        return reconsider(at: now)
    }

    /// Asks the policy again; returns its choice when the template or where it builds differs from the current one.
    mutating func reconsider(at now: ContinuousClock.Instant) -> TemplateCandidate? {
        let firstUnheard = now < settledAt ? unheard.min() : nil
        let heard = candidates.values.filter { $0.priority < firstUnheard ?? .max }
        let inOrder = heard.sorted { $0.priority < $1.priority }
        guard let choice = policy.choose(among: inOrder, current: current, at: now) else { return nil }
        defer { current = choice }
        return choice.template == current?.template && choice.position == current?.position ? nil : choice
    }
}
