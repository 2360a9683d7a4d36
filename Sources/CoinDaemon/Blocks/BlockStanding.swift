/// Where a daemon has a block.
public enum BlockStanding: Sendable, Hashable {
    /// In its best chain, confirmed by so many blocks, itself included.
    case inChain(confirmations: Int)
    /// On a branch beside the best chain.
    case beside
    /// It was found invalid.
    case invalid
    /// It knows the header at most.
    case unknown

    /// Reads the standing out of what a daemon says of a block that it knows.
    ///
    /// - Parameter tips: its chain tips; asked for where the block is not in the best chain.
    public init(_ header: BlockHeader, tips: [ChainTip]) {
        guard header.confirmations < 0 else {
            self = .inChain(confirmations: header.confirmations)
            return
        }
        self =
            switch tips.first(where: { $0.hash == header.hash })?.status {
            case .invalid: .invalid
            case .headersOnly: .unknown
            // One that is no tip has been built on, which takes the whole block.
            case .active, .validFork, .validHeaders, .other, nil: .beside
            }
    }
}

extension CoinDaemonClient {
    /// Where the daemon has a block.
    ///
    /// - Throws: `CoinDaemonError`, but not because it does not know the block.
    public func standing(of hash: String, deadline: Duration? = nil) async throws(CoinDaemonError) -> BlockStanding {
        let header: BlockHeader
        do throws(CoinDaemonError) {
            header = try await call("getblockheader", [.string(hash)], deadline: deadline)
        } catch {
            // "Block not found".
            if error.code == .rpc(-5) { return .unknown }
            throw error
        }
        guard header.confirmations < 0 else { return .inChain(confirmations: header.confirmations) }
        return BlockStanding(header, tips: try await chainTips(deadline: deadline))
    }
}
