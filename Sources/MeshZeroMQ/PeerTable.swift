internal import Mesh
internal import ZeroMQ

/// The mesh peers that a transport connects to, by connection, by endpoint and by routing id.
///
/// Two lives of an instance may stand at one endpoint for a moment: the connection is shared, and the routing id tells them apart.
struct PeerTable {
    private struct Peer {
        let endpoint: String
        let routingID: Frame
    }

    private var peers: [LinkID: Peer] = [:]
    private var byRoutingID: [Frame: LinkID] = [:]
    private var byEndpoint: [String: [LinkID]] = [:]
    /// Endpoints where a handshake has succeeded and the connection has not broken since.
    private var connected: Set<String> = []

    /// Adds a peer; gives whether its endpoint is new, so that it has to be connected to.
    mutating func add(_ link: LinkID, endpoint: String, routingID: [UInt8]) -> Bool {
        let identity = Frame(routingID)
        peers[link] = Peer(endpoint: endpoint, routingID: identity)
        byRoutingID[identity] = link
        byEndpoint[endpoint, default: []].append(link)
        return byEndpoint[endpoint]?.count == 1
    }

    /// Removes a peer; gives its endpoint when nobody else is there, so that it has to be disconnected from.
    @discardableResult
    mutating func remove(_ link: LinkID) -> String? {
        guard let peer = peers.removeValue(forKey: link) else { return nil }
        if byRoutingID[peer.routingID] == link { byRoutingID[peer.routingID] = nil }
        byEndpoint[peer.endpoint]?.removeAll { $0 == link }
        guard byEndpoint[peer.endpoint]?.isEmpty ?? true else { return nil }
        byEndpoint[peer.endpoint] = nil
        connected.remove(peer.endpoint)
        return peer.endpoint
    }

    /// Whether somebody is connected to at that endpoint: who is added there will see no handshake of its own.
    func isConnected(_ endpoint: String) -> Bool { connected.contains(endpoint) }

    mutating func setConnected(_ isConnected: Bool, at endpoint: String) {
        if isConnected, byEndpoint[endpoint] != nil { connected.insert(endpoint) } else { connected.remove(endpoint) }
    }

    func links(at endpoint: String) -> [LinkID] { byEndpoint[endpoint] ?? [] }

    func routingID(of link: LinkID) -> Frame? { peers[link]?.routingID }

    func link(routingID: Frame) -> LinkID? { byRoutingID[routingID] }
}
