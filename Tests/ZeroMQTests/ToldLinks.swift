internal import Mesh
internal import MeshZeroMQ

/// What a transport tells of its connections.
final class ToldLinks: TransportDelegate, Sendable {
    let events = Seen<String>()
    let refusals = Seen<String>()

    func link(_ link: LinkID, _ event: LinkEvent) { events.add("\(link.number) \(event)") }
    func received(_ message: Payload, on link: LinkID) {}
    func requested(_ message: Payload, from route: Route) {}
    func endOfBatch() {}
    func rejected(_ reason: String) {}
    func refused(at endpoint: String, _ reason: String) { refusals.add("\(endpoint): \(reason)") }
}

extension Workbench {
    /// Runs `body` with a transport to listen, one to connect, and what the second tells.
    static func withTransports(
        _ body: (Workbench, _ server: ZeroMQTransport, _ client: ZeroMQTransport, ToldLinks) async throws -> Void
    ) async throws {
        try await run { bench in
            let server = ZeroMQTransport(context: bench.context, loop: bench.loop)
            let client = ZeroMQTransport(context: bench.context, loop: bench.loop)
            let told = ToldLinks()
            try await bench.onLoop { client.attach(told) }
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(bench, server, client, told)) } catch { outcome = .failure(error) }
            try await bench.onLoop { for transport in [server, client] { transport.close(linger: .zero) } }
            try outcome.get()
        }
    }
}
