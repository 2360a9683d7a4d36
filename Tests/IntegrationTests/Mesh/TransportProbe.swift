internal import EventLoop
internal import Logging
internal import Mesh
internal import MeshZeroMQ
internal import Synchronization
internal import TestSupport

/// A bare transport without a node, to see whom it talks to.
final class TransportProbe: TransportDelegate, Sendable {
    private let loop: EventLoop
    private let transport: ZeroMQTransport
    private let connected = Mutex<Set<LinkID>>([])

    /// - Parameter host: Whose I/O thread and context it uses.
    init(_ host: TestNode) {
        loop = host.loop
        transport = ZeroMQTransport(
            context: host.context, loop: host.loop,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Connects, and waits for the handshake with whoever is there.
    func open(_ link: LinkID, _ endpoint: String, _ routingID: String) async throws {
        await onLoop { probe in
            probe.transport.attach(probe)
            probe.transport.open(link, endpoint: endpoint, routingID: routingID)
        }
    }

    /// Waits until somebody at the endpoint of a connection has shaken hands.
    func waitForHandshake(_ link: LinkID) async throws {
        try await eventually(within: .seconds(10), "a handshake on link \(link.number)") {
            connected.withLock { $0.contains(link) }
        }
    }

    /// Sends nothing much and gives what became of it.
    func send(on link: LinkID) async -> SendOutcome { await onLoop { $0.transport.send([0xc0], on: link) } }

    func close() async { await onLoop { $0.transport.close(linger: .zero) } }

    private func onLoop<Result: Sendable>(_ body: @escaping @Sendable (TransportProbe) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: body(self)) }
        }
    }

    func link(_ link: LinkID, _ event: LinkEvent) {
        guard case .connected = event else { return }
        connected.withLock { _ = $0.insert(link) }
    }

    func received(_ message: Payload, on link: LinkID) {}
    func requested(_ message: Payload, from route: Route) {}
    func endOfBatch() {}
    func rejected(_ reason: String) {}
    func refused(at endpoint: String, _ reason: String) {}
}
