internal import Mesh

/// One established TCP connection between a client and a server.
final class SimulatedSession {
    let connection: SimulatedConnection
    /// Every life of a publisher is kept by its supervisor for the whole run.
    unowned let server: any SimulatedServer
    let route: Route
    private let network: SimulatedNetwork
    /// Whether the server is the very life of the instance that the client wants to talk to.
    let isMeant: Bool
    private let routableFrom: MeshInstant
    private(set) var isBroken = false
    /// Whether the server's transport knows that it is broken.
    private(set) var isKnownBrokenToServer = false
    private var lastArrival: (atServer: MeshInstant, atClient: MeshInstant)
    private var held: [(isForServer: Bool, bytes: [UInt8])] = []

    init(
        connection: SimulatedConnection, server: any SimulatedServer, route: Route, network: SimulatedNetwork
    ) {
        self.connection = connection
        self.server = server
        self.route = route
        self.network = network
        isMeant = connection.routingID == nil || connection.routingID == server.routingID
        // A route exists a moment after the handshake.
        routableFrom = network.clock.now + network.chance.milliseconds(0...1.5)
        lastArrival = (network.clock.now, network.clock.now)
    }

    var isRoutable: Bool { isMeant && network.clock.now >= routableFrom }

    var isCut: Bool { network.isCut(connection.client.process.host, server.process.host) }

    func joins(_ one: String, _ other: String) -> Bool {
        let ends = (connection.client.process.host, server.process.host)
        return ends == (one, other) || ends == (other, one)
    }

    func involves(_ process: SimulatedProcess) -> Bool {
        connection.client.process === process || server.process === process
    }

    func send(_ bytes: [UInt8], toServer isForServer: Bool) {
        guard !isBroken else { return }
        let arrival = max(
            isForServer ? lastArrival.atServer : lastArrival.atClient,
            network.clock.now + network.chance.milliseconds(network.delay))
        if isForServer { lastArrival.atServer = arrival } else { lastArrival.atClient = arrival }
        network.clock.at(arrival) { [self] in arrive(bytes, atServer: isForServer) }
    }

    private func arrive(_ bytes: [UInt8], atServer isForServer: Bool) {
        guard !isBroken else { return }
        guard !isCut, held.isEmpty else { return held.append((isForServer, bytes)) }
        if isForServer {
            server.process.perform { [server, route] in server.received(bytes, from: route) }
        } else {
            connection.client.process.perform { [self] in
                guard connection.session === self else { return }
                connection.client.received(bytes, on: connection.link)
            }
        }
    }

    func releaseHeld() {
        let messages = held
        held = []
        for message in messages { send(message.bytes, toServer: message.isForServer) }
    }

    /// The connection breaks: what is under way is lost, and both ends hear of it within so many milliseconds.
    func breakDown(noticedWithin delay: ClosedRange<Double>) {
        guard !isBroken else { return }
        isBroken = true
        held = []
        network.forget(self)
        if !connection.client.process.isAlive { connection.abandon() }
        network.clock.after(network.chance.milliseconds(delay)) { [self] in
            connection.client.process.perform { [self] in connection.lost(self) }
        }
        network.clock.after(network.chance.milliseconds(delay)) { [self] in
            server.process.perform { [self] in
                isKnownBrokenToServer = true
                server.lostRoute(route)
            }
        }
    }
}
