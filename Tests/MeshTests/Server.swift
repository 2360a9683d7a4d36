internal import MessagePack

@testable internal import Mesh

/// A server engine with its actions as text.
struct Server {
    var engine: ServerEngine
    var log: [String] = []
    var channels: [ChannelKey] = []
    let route = Route(frames: [[0, 1, 2, 3, 4]])
    private var count: UInt64 = 0

    init(limits: Limits = Limits()) {
        var random = MeshRandom(seed: 3)
        engine = ServerEngine(
            methods: ["m": .handler, "_mesh_ping": .handler, "p": .publication], limits: limits, random: &random)
        engine.epoch = 7
    }

    mutating func after(_ change: (inout ServerEngine) -> Void) {
        change(&engine)
        for action in engine.takeActions() {
            switch action {
            case .send(_, let bytes):
                guard let event = try? Event(decoding: Payload(bytes)) else { continue }
                let error = event.name == .error ? " \(RemoteError(decoding: event.arguments).name)" : ""
                log.append("send \(event.name)\(error)")
            case .invoke(let invocation):
                channels.append(invocation.channel)
                log.append("invoke \(invocation.method)")
            case .cancel(_, let reason): log.append("cancel \(reason.code.rawValue)")
            case .resume: log.append("resume")
            case .ended(_, let outcome, _): log.append("ended \(outcome)")
            case .note(let kind, _): log.append("note \(kind)")
            }
        }
    }

    mutating func request(
        _ name: EventName, at time: Int64 = 0, from other: Route? = nil,
        header change: (inout EventHeader) -> Void = { _ in }
    ) -> MessageID {
        count += 1
        let identifier = MessageID(node: 5, count: count)
        var header = EventHeader(messageID: identifier)
        change(&header)
        let bytes = Event.encode(header, name, arguments: Payload([0x90]))
        after { [route] in $0.received(Payload(bytes), from: other ?? route, now: .at(time)) }
        return identifier
    }

    mutating func say(_ name: EventName, in channel: MessageID, _ number: Int = 0, at time: Int64 = 0) {
        count += 1
        let header = EventHeader(messageID: MessageID(node: 5, count: count), responseTo: channel)
        let bytes = Event.encode(header, name) { writer in
            writer.writeArrayHeader(1)
            writer.writeInt(number)
        }
        after { [route] in $0.received(Payload(bytes), from: route, now: .at(time)) }
    }

    mutating func taken() -> [String] {
        defer { log = [] }
        return log
    }
}
