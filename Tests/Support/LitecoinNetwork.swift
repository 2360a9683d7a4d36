/// litecoind nodes of a private regtest chain, connected to each other and to nobody else.
///
/// Every second hash is a block there; MWEB is put off for good. A node without a peer gives no template, so that it takes three
/// nodes for any one of them to be stopped.
public final class LitecoinNetwork: Sendable {
    /// The nodes, in the order of their start.
    public let nodes: [LitecoinNode]

    /// The daemon list of all nodes, as services take it.
    public var addresses: String { nodes.map(\.address).joined(separator: ",") }

    /// Starts the nodes and waits until each gives templates; a single node never will, and is only waited for until it answers.
    ///
    /// - Parameters:
    ///   - count: how many nodes.
    ///   - arguments: more options for each litecoind, such as `-blocknotify=...`.
    public static func start(nodes count: Int = 3, arguments: [String] = []) async throws -> LitecoinNetwork {
        let network = try LitecoinNetwork(count: count, arguments: arguments)
        for node in network.nodes {
            if count > 1 {
                try await node.waitUntilReady()
            } else {
                try await eventually(within: .seconds(30), "litecoind answers at port \(node.rpcPort)") {
                    (try? node.call("getblockcount", as: Int.self)) != nil
                }
            }
        }
        return network
    }

    private init(count: Int, arguments: [String]) throws {
        let peerPorts = try (0..<count).map { _ in try FreePort.pick() }
        nodes = try peerPorts.map { port in
            try LitecoinNode(
                rpcPort: FreePort.pick(), peerPort: port, connectingTo: peerPorts.filter { $0 != port },
                arguments: arguments)
        }
    }
}
