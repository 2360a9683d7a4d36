internal import Mining

/// Follows the chain with the most work among the daemons that are ready; of equal ones the first in the list.
///
/// - The chain (network) is that of the first daemon in the list that ever gave a template; templates of others never count.
/// - Of two branches with equal work the one that the current job is on stays, as nodes themselves keep what they saw first.
/// - So the work never falls while a daemon that has the current block is ready. When the last of those fails, the current job
///   is kept for a while: the others are likely to receive the block. Only then a template with less work is taken.
/// - While no daemon is ready the current job is kept.
public struct MostWorkPolicy: TemplatePolicy, Hashable {
    /// How long a job is kept on a block that no ready daemon has.
    public var loyalty: Duration

    /// The policy with its one setting.
    public init(loyalty: Duration = .seconds(10)) {
        self.loyalty = loyalty
    }

    /// Chooses as the type says.
    public func choose(
        among candidates: [TemplateCandidate], current: TemplateCandidate?, at now: ContinuousClock.Instant
    ) -> TemplateCandidate? {
        guard let chain = candidates.min(by: { $0.priority < $1.priority })?.position.lineage else { return nil }
        let eligible = candidates.filter { $0.position.lineage == chain }
        let ready = eligible.filter(\.health.isReady)
        guard let best = ready.max(by: { isWorse($0, than: $1, current: current) }) else { return nil }
        guard let current, current.position.lineage == chain,
            best.position.chainwork < current.position.chainwork
        else { return best }

        // Less work than the current job. None that is ready has the current block, or `best` would be it.
        let holders = eligible.filter { $0.position.parent == current.position.parent }
        guard let lost = holders.compactMap(\.health.notReadySince).max() else { return best }
        return now - lost < loyalty ? nil : best
    }

    private func isWorse(_ left: TemplateCandidate, than right: TemplateCandidate, current: TemplateCandidate?) -> Bool
    {
        if left.position.chainwork != right.position.chainwork {
            return left.position.chainwork < right.position.chainwork
        }
        let leftStays = left.position.parent == current?.position.parent
        let rightStays = right.position.parent == current?.position.parent
        if leftStays != rightStays { return rightStays }
        return left.priority > right.priority
    }
}
