/// The rules of a private chain.
public enum LitecoinChain: Sendable {
    /// Every second hash is a block; MWEB is put off for good.
    case regtest
    /// Every second hash is a block; MWEB becomes active at height 432, and then no template comes before a peg-in is in the memory pool.
    case regtestWithMWEB
    /// Blocks take real work. It begins with testnet's genesis block and goes its own way.
    case testnet

    var folder: String {
        switch self {
        case .regtest, .regtestWithMWEB: "regtest"
        case .testnet: "testnet4"
        }
    }

    var arguments: [String] {
        switch self {
        case .regtest: ["-regtest", "-vbparams=mweb:9999999999:99999999999:1000000:2000000"]
        case .regtestWithMWEB: ["-regtest"]
        case .testnet: ["-testnet", "-minimumchainwork=00"]
        }
    }
}

/// litecoind nodes of a private chain, connected to each other and to nobody else.
///
/// A node without a peer gives no template, so that it takes three
/// nodes for any one of them to be stopped.
public final class LitecoinNetwork: Sendable {
    /// The nodes, in the order of their start.
    public let nodes: [LitecoinNode]

    /// The daemon list of all nodes, as services take it.
    public var addresses: String { nodes.map(\.address).joined(separator: ",") }

    /// Starts the nodes and waits until each gives templates.
    ///
    /// - Parameters:
    ///   - count: how many nodes.
    ///   - chain: the rules of the chain.
    ///   - arguments: more options for each litecoind, such as `-blocknotify=...`.
    ///   - waitsForTemplates: false where they will not give any for now: then each is only waited for until it answers. (So it
    ///     is with a single node, which never will.)
    public static func start(
        nodes count: Int = 3, chain: LitecoinChain = .regtest, arguments: [String] = [], waitsForTemplates: Bool = true
    ) async throws -> LitecoinNetwork {
        var lastError: any Error = TestSupportError("no attempt was made")
        // A port may be taken by another test process between the choice of it and the node's bind.
        for _ in 0..<3 {
            do {
                let network = try LitecoinNetwork(chain, count: count, arguments: arguments)
                for node in network.nodes { try await node.waitUntilStarted(peers: waitsForTemplates ? count - 1 : 0) }
                return network
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    private init(_ chain: LitecoinChain, count: Int, arguments: [String]) throws {
        let peerPorts = try (0..<count).map { _ in try FreePort.pick() }
        nodes = try peerPorts.map { port in
            try LitecoinNode(
                chain, peerPort: port, connectingTo: peerPorts.filter { $0 != port },
                arguments: arguments)
        }
    }
}
