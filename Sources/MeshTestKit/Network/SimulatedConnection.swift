internal import Mesh

/// A client's socket as ZeroMQ has it: it connects to an endpoint again and again until it is closed.
final class SimulatedConnection {
    let link: LinkID
    let endpoint: String
    /// The only life that may be sent to; nil for whoever listens.
    let routingID: String?
    unowned let client: any SimulatedClient
    private let network: SimulatedNetwork
    private(set) var session: SimulatedSession?
    private var isClosed = false
    private var failures = 0

    init(
        link: LinkID, endpoint: String, routingID: String?, client: any SimulatedClient, network: SimulatedNetwork
    ) {
        self.link = link
        self.endpoint = endpoint
        self.routingID = routingID
        self.client = client
        self.network = network
        dial()
    }

    /// Whether this connection leads to the wanted life at this moment, as nobody but the simulator can know.
    var isHealthy: Bool {
        guard let session, !session.isBroken, session.isMeant else { return false }
        return session.server.process.isAlive && !session.server.process.isFrozen && !session.isCut
    }

    /// Whether the transport took the message; it may still be lost.
    func send(_ bytes: [UInt8]) -> Bool {
        guard let session, session.isRoutable else { return false }
        session.send(bytes, toServer: true)
        return true
    }

    func close() {
        isClosed = true
        session?.breakDown(noticedWithin: 0.1...2)
        session = nil
    }

    /// Nobody will hear of the session's end: its process is dead, or the simulation is over.
    func abandon() { session = nil }

    func lost(_ broken: SimulatedSession) {
        guard session === broken, !isClosed else { return }
        session = nil
        client.linkChanged(link, .disconnected)
        redial()
    }

    private func dial() {
        later(network.chance.milliseconds(0.5...3)) { connection in
            let process = connection.client.process
            guard let server = connection.network.listener(at: connection.endpoint), !server.process.isFrozen,
                !connection.network.isCut(process.host, server.process.host)
            else { return connection.redial() }
            connection.failures = 0
            connection.session = connection.network.open(connection, to: server)
            connection.client.linkChanged(connection.link, .connected)
        }
    }

    /// RECONNECT_IVL 20 ms, RECONNECT_IVL_MAX 1 s.
    private func redial() {
        let base = min(20.0 * Double(1 << min(failures, 6)), 1000)
        failures += 1
        later(network.chance.milliseconds(base...(base * 1.5))) { $0.dial() }
    }

    /// Does something after a delay, unless the connection is closed by then.
    private func later(_ delay: Duration, _ work: @escaping (SimulatedConnection) -> Void) {
        let process = client.process
        network.clock.after(delay) { [self] in
            process.perform { [self] in
                guard !isClosed else { return }
                work(self)
            }
        }
    }
}
