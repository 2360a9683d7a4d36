/// A decision got wrong on purpose, to show that the checks would notice.
public enum Mutant: String, Sendable, CaseIterable {
    /// The registry's word for an older life is taken although the newer one lives.
    case acceptsOlderEpoch
    /// Items of different publishers never count as the same.
    case doesNotDeduplicate
    /// The item that was held for a switch of the active publisher is dropped.
    case dropsHeldItem
    /// A higher ordinal is followed on one publisher's word.
    case followsUnsupportedOrdinal
    /// Who is not listed any more is forgotten although its socket lives.
    case forgetsUnlistedPeers
}
