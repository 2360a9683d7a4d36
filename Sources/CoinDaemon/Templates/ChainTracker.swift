internal import Mining
internal import Synchronization

/// Finds out where a template builds, with one question to the daemon for each new block.
///
/// Lives as long as the daemon answers: after an outage it may be another chain that answers there.
final class ChainTracker: Sendable {
    let lineage: String

    private let client: CoinDaemonClient
    private let headers = Mutex<[String: BlockHeader]>([:])

    private init(client: CoinDaemonClient, lineage: String) {
        self.client = client
        self.lineage = lineage
    }

    /// Asks the daemon which chain it is on.
    static func identify(_ client: CoinDaemonClient) async throws(CoinDaemonError) -> ChainTracker {
        let chain = try await client.blockchainInfo().chain
        let genesis = try await client.blockHash(at: 0)
        return ChainTracker(client: client, lineage: "\(chain):\(genesis)")
    }

    /// The position of a template of this daemon.
    func position(of template: BlockTemplate) async throws(CoinDaemonError) -> ChainPosition {
        let parent = try await header(template.previousBlockHash)
        guard parent.height == template.height - 1 else {
            throw CoinDaemonError(
                .garbage,
                "the coin daemon at \(client.endpoint) gave a template for height \(template.height) "
                    + "on a block of height \(parent.height); see what answers there")
        }
        var ancestors = [parent]
        while ancestors.count < ChainPosition.ancestorLimit, let next = ancestors.last?.previousBlockHash {
            ancestors.append(try await header(next))
        }
        keep(ancestors)
        return ChainPosition(
            lineage: lineage, parent: template.previousBlockHash, chainwork: parent.chainwork, height: template.height,
            ancestors: ancestors.map(\.hash))
    }

    private func header(_ hash: String) async throws(CoinDaemonError) -> BlockHeader {
        if let known = headers.withLock({ $0[hash] }) { return known }
        let header = try await client.blockHeader(hash)
        headers.withLock { $0[hash] = header }
        return header
    }

    /// Forgets what is no longer among the newest, which bounds what is held.
    private func keep(_ ancestors: [BlockHeader]) {
        headers.withLock { $0 = Dictionary(ancestors.map { ($0.hash, $0) }, uniquingKeysWith: { first, _ in first }) }
    }
}
