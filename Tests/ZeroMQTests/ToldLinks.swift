internal import Mesh

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
