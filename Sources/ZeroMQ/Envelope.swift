/// The way to a peer of a ROUTER: its routing id, and those of the proxies in between where there are any.
public struct RoutingPath: Sendable, Hashable, CustomStringConvertible {
    /// The routing id of the peer that is connected to this socket.
    public let peer: Frame
    /// Further hops, which only the peer can read; mostly none.
    public let hops: [Frame]

    /// Makes a path to a direct peer, or through it to others.
    public init(peer: Frame, hops: [Frame] = []) {
        self.peer = peer
        self.hops = hops
    }

    /// The routing ids, in order.
    public var description: String { ([peer] + hops).map(\.description).joined(separator: " → ") }
}

/// A message of the form `[path..., "", payload]`, as REQ sockets, proxies and ZeroRPC send it.
public struct Envelope: Sendable {
    /// Whom it is from. Nil on a socket that is not a ROUTER, which sees no routing id.
    public let path: RoutingPath?
    /// The one frame behind the empty one.
    public let payload: Frame

    /// Reads an envelope; nil when the message is not one: no empty frame, none or several behind it, or frames dropped.
    public init?(_ message: Multipart) {
        let frames = message.frames
        guard message.isComplete, frames.count >= 2, frames[frames.count - 2].isEmpty else { return nil }
        payload = frames[frames.count - 1]
        switch frames.count {
        case 2: path = nil
        case 3: path = RoutingPath(peer: frames[0])
        default:
            guard !frames[1..<frames.count - 2].contains(where: \.isEmpty) else { return nil }
            path = RoutingPath(peer: frames[0], hops: Array(frames[1..<frames.count - 2]))
        }
    }
}
