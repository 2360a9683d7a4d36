/// Decides which daemon's template becomes the job. A pure value: the same candidates give the same choice.
public protocol TemplatePolicy: Sendable {
    /// Chooses one of the candidates.
    ///
    /// Asked whenever a template came or a daemon's health changed, and every few seconds besides.
    ///
    /// - Parameters:
    ///   - candidates: the newest template of each daemon that ever gave one, in the order of priority.
    ///   - current: what was chosen last, as it was then; its daemon may have a newer candidate, or be gone.
    ///   - now: the time by the clock of `health` and `receivedAt`.
    /// - Returns: one of the candidates; nil keeps what is current.
    func choose(
        among candidates: [TemplateCandidate], current: TemplateCandidate?, at now: ContinuousClock.Instant
    ) -> TemplateCandidate?
}
