internal import CoinDaemon
internal import Mining
internal import TestSupport

/// A private chain on which MWEB becomes active, with a wallet that has coins to spend.
struct MWEBChain {
    /// The height of the first block with an extension block.
    static let activation = 432

    /// The node that is mined on.
    let node: LitecoinNode
    /// A second one, which hears of the blocks from the first.
    let follower: LitecoinNode
    /// Speaks to the node.
    let client: CoinDaemonClient
    /// Where what is mined is paid to: one address of each kind that the wallet gives.
    let addresses: [String]

    /// A chain of so many blocks, the coins of all but the last hundred of them to be spent.
    static func start(
        height: Int, arguments: [String] = [], client: (DaemonEndpoint) -> CoinDaemonClient
    ) async throws -> MWEBChain {
        // More than a few keys take seconds to make.
        let network = try await LitecoinNetwork.start(
            nodes: 2, chain: .regtestWithMWEB, arguments: ["-keypool=10"] + arguments)
        let node = network.nodes[0]
        let client = client(try DaemonEndpoint(parsing: node.address))
        try await client.createWallet()
        var addresses: [String] = []
        for kind in ["bech32", "p2sh-segwit", "legacy"] { addresses.append(try await client.newAddress(kind)) }
        let chain = MWEBChain(node: node, follower: network.nodes[1], client: client, addresses: addresses)
        try await chain.generate(to: min(height, activation - 1))
        if height >= activation {
            try await chain.pegIn()
            try await chain.generate(to: height)
        }
        return chain
    }

    /// Has the node itself mine up to a height.
    private func generate(to height: Int) async throws {
        let count = height - (try await client.blockCount())
        let _: [String] = try await client.call(
            "generatetoaddress", [.integer(count), .string(addresses[0])], deadline: .seconds(30))
    }

    /// Puts payments of one coin each into the memory pool.
    ///
    /// A template holds them when it is the first one that is asked for at its tip: a later one may be five seconds old.
    func pay(_ count: Int) async throws {
        for _ in 0..<count { try await client.pay(to: addresses[0]) }
    }

    /// Puts a payment to the extension block into the memory pool, without which the first template with MWEB fails.
    func pegIn() async throws {
        try await client.pay(to: try await client.newAddress("mweb"))
    }

    /// A job of the node's template, that pays to the first `payouts` addresses.
    func job(payouts: Int = 1, tag: String = "/headframe/") async throws -> Job {
        try self.job(of: try await client.blockTemplate(), payouts: payouts, tag: tag)
    }

    /// A job of a template.
    func job(of template: BlockTemplate, payouts: Int = 1, tag: String = "/headframe/") throws -> Job {
        Job(
            template: template,
            position: ChainPosition(
                lineage: "regtest:", parent: template.previousBlockHash, chainwork: .zero, height: template.height,
                ancestors: [template.previousBlockHash]),
            payouts: try addresses.prefix(payouts).enumerated().map { index, address in
                Payout(to: try Address(address, on: .litecoinRegtest), weight: index + 1)
            },
            tag: tag, algorithm: .scrypt, createdAtMilliseconds: 0)
    }

    /// Hands in a block and reads the answer.
    func submit(_ block: [UInt8]) async throws -> SubmitAnswer {
        do throws(CoinDaemonError) {
            return SubmitAnswer(result: try await client.submitBlock(Hex.encode(block), deadline: .seconds(20)))
        } catch {
            guard case .rpc(let code) = error.code else { throw error }
            return SubmitAnswer(errorCode: code, message: error.message)
        }
    }
}

/// The daemon's wallet, which the pool itself has no use for.
extension CoinDaemonClient {
    func createWallet() async throws {
        let _: Ignored = try await call("createwallet", ["miner"], deadline: .seconds(30))
    }

    /// An address of a kind: `bech32`, `p2sh-segwit`, `legacy` or `mweb`.
    func newAddress(_ kind: String) async throws -> String {
        try await call("getnewaddress", ["", .string(kind)], deadline: .seconds(30))
    }

    fileprivate func pay(to address: String) async throws {
        let _: String = try await call("sendtoaddress", [.string(address), 1], deadline: .seconds(30))
    }

    private struct Ignored: Decodable, Sendable {
        init(from decoder: any Decoder) {}
    }
}
