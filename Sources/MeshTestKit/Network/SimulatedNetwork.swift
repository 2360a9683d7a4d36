internal import Mesh

/// Who can be connected to.
protocol SimulatedServer: AnyObject {
    var process: SimulatedProcess { get }
    var routingID: String { get }
    func opened(_ session: SimulatedSession)
    func received(_ bytes: [UInt8], from route: Route)
    func lostRoute(_ route: Route)
}

/// Who connects.
protocol SimulatedClient: AnyObject {
    var process: SimulatedProcess { get }
    func linkChanged(_ link: LinkID, _ event: LinkEvent)
    func received(_ bytes: [UInt8], on link: LinkID)
}

/// A network with the manners of ZeroMQ over TCP: messages of one connection keep their order, those of several do not; a
/// connection that breaks takes with it what was under way; a handshake succeeds with whoever listens at an endpoint, but
/// only the process with the wanted routing id can be sent to; ZMTP heartbeats notice a frozen or unreachable peer.
final class SimulatedNetwork {
    let clock: VirtualClock
    let chance: Chance
    /// How long a message is under way, in milliseconds; faults make it longer.
    var delay: ClosedRange<Double> = 0.1...2
    /// How long a silent peer is borne: heartbeats every 200 ms with a timeout of 600 ms, and the check's own delay.
    private let silence: ClosedRange<Double> = 600...800
    private var servers: [String: any SimulatedServer] = [:]
    private(set) var sessions: [SimulatedSession] = []
    private var cuts: [Set<String>: Int] = [:]
    private var lastRoute: UInt32 = 0

    init(clock: VirtualClock, chance: Chance) {
        self.clock = clock
        self.chance = chance
    }

    // MARK: Listening

    /// Whether the endpoint was free.
    func listen(_ server: any SimulatedServer, at endpoint: String) -> Bool {
        guard servers[endpoint] == nil else { return false }
        servers[endpoint] = server
        return true
    }

    func listener(at endpoint: String) -> (any SimulatedServer)? { servers[endpoint] }

    func stopListening(_ server: any SimulatedServer) {
        servers = servers.filter { $0.value !== server }
    }

    // MARK: Sessions

    func open(_ connection: SimulatedConnection, to server: any SimulatedServer) -> SimulatedSession {
        lastRoute += 1
        let frame = [0] + withUnsafeBytes(of: lastRoute.bigEndian) { Array($0) }
        let session = SimulatedSession(
            connection: connection, server: server, route: Route(frames: [frame]), network: self)
        sessions.append(session)
        server.opened(session)
        if isSilent(connection.client.process, server.process) { watchSilence(of: session) }
        return session
    }

    func forget(_ session: SimulatedSession) { sessions.removeAll { $0 === session } }

    /// Lets go of everybody, who hold on to the network.
    func stop() {
        for session in sessions { session.connection.abandon() }
        sessions = []
        servers = [:]
    }

    // MARK: Faults

    func isCut(_ one: String, _ other: String) -> Bool { (cuts[[one, other]] ?? 0) > 0 }

    /// Nothing passes between two hosts until it is mended; what was sent is held back, as TCP does.
    func cut(_ one: String, _ other: String) {
        cuts[[one, other], default: 0] += 1
        for session in sessions where session.joins(one, other) { watchSilence(of: session) }
    }

    func mend(_ one: String, _ other: String) {
        guard let count = cuts[[one, other]] else { return }
        cuts[[one, other]] = count > 1 ? count - 1 : nil
        guard count == 1 else { return }
        for session in sessions where session.joins(one, other) { session.releaseHeld() }
    }

    /// The process was frozen: its peers notice in time.
    func froze(_ process: SimulatedProcess) {
        for session in sessions where session.involves(process) { watchSilence(of: session) }
    }

    /// The process died: its sockets are closed by the system.
    func died(_ process: SimulatedProcess) {
        servers = servers.filter { $0.value.process !== process }
        for session in sessions where session.involves(process) {
            // A reset cannot cross a cut: then silence tells.
            if session.isCut { watchSilence(of: session) } else { session.breakDown(noticedWithin: 0.3...2) }
        }
    }

    /// One connection is reset, with everything that is under way.
    func resetOneConnection() {
        guard !sessions.isEmpty else { return }
        chance.one(of: sessions).breakDown(noticedWithin: 0.3...2)
    }

    private func isSilent(_ one: SimulatedProcess, _ other: SimulatedProcess) -> Bool {
        one.isFrozen || other.isFrozen || isCut(one.host, other.host)
    }

    private func watchSilence(of session: SimulatedSession) {
        let (client, server) = (session.connection.client.process, session.server.process)
        let freezes = (client.freezeCount, server.freezeCount)
        clock.after(chance.milliseconds(silence)) { [self] in
            let isStill = (client.freezeCount, server.freezeCount) == freezes
            let isDead = !client.isAlive || !server.isAlive
            guard isDead || (isStill && isSilent(client, server)) else { return }
            session.breakDown(noticedWithin: 0...1)
        }
    }
}
