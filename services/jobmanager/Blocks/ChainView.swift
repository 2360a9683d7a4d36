internal import CoinDaemon
internal import Mining

/// What a daemon says of its best chain. A value.
struct ChainView: Sendable, Hashable {
    /// The daemon's place in the list; 0 comes first.
    var priority: Int
    /// Which network it is on (`getblockchaininfo`).
    var chain: String
    /// The height of its newest block.
    var height: Int
    /// The work in it.
    var chainwork: Chainwork

    /// In the order in which they are believed: the most work first, of equal work the daemon that is preferred.
    ///
    /// One that is stuck, or on a branch of its own, has less work than the others. Daemons of another network than the preferred one's are
    /// left out: their work cannot be compared.
    static func believed(_ views: [ChainView]) -> [ChainView] {
        guard let chain = views.min(by: { $0.priority < $1.priority })?.chain else { return [] }
        return views.filter { $0.chain == chain }.sorted { left, right in
            left.chainwork == right.chainwork ? left.priority < right.priority : left.chainwork > right.chainwork
        }
    }
}
