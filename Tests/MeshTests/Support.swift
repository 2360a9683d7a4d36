internal import MessagePack

@testable internal import Mesh

extension MeshInstant {
    /// So many milliseconds after the tests' beginning.
    static func at(_ milliseconds: Int64) -> MeshInstant {
        MeshInstant(nanoseconds: 3_600_000_000_000) + .milliseconds(milliseconds)
    }
}

/// A block of a chain in which each step adds 1000 of work.
struct Block {
    var name: String
    var height: UInt64
    var work: UInt64
    var ancestors: [String]

    static let base = Block(name: "base", height: 100, work: 100_000, ancestors: ["base"])

    func child(_ name: String, work added: UInt64 = 1000) -> Block {
        Block(name: name, height: height + 1, work: work + added, ancestors: [name] + ancestors)
    }

    func position(lineage: String = "main") -> Position {
        Position(lineage: lineage, ordinal: Ordinal(work), height: height, parent: name, ancestors: ancestors)
    }

    func item(_ key: String = "k", lineage: String = "main") -> PublishedItem {
        PublishedItem(
            publisher: "p", epoch: 1, position: position(lineage: lineage), key: key, item: Payload([0xC0]))
    }
}

extension Merger.Output {
    /// `deliver b1/k`, `reset b1/k`, `alarm`.
    var text: String {
        switch self {
        case .deliver(let item): "deliver \(item.position.parent)/\(item.key)"
        case .reset(let item, _): "reset \(item.position.parent)/\(item.key)"
        case .alarm: "alarm"
        }
    }
}

extension [Merger.Output] {
    var texts: [String] { map(\.text) }
    /// Without the alarms.
    var news: [String] { texts.filter { $0 != "alarm" } }
}

/// A merger with publishers 1, 2 and 3.
func merger(_ count: UInt64 = 3, policy: Merger.Policy = .init()) -> Merger {
    var merger = Merger(policy: policy)
    merger.expected = Int(count)
    for number in 1...count { merger.appeared(LinkID(number)) }
    return merger
}

extension Merger {
    mutating func get(_ block: Block, _ key: String = "k", from publisher: UInt64, at time: Int64) -> [String] {
        received(block.item(key), from: LinkID(publisher), now: .at(time)).news
    }
}

func record(
    _ instance: String = "a", epoch: Epoch = 10, nonce: UInt64 = 1, state: InstanceState = .ready, zone: String = "",
    weight: Int = 100
) -> InstanceRecord {
    InstanceRecord(
        name: InstanceName(service: "s", instance: instance), epoch: epoch, nonce: nonce,
        endpoint: "tcp://127.0.0.1:\(17000 + epoch)", state: state, zone: zone, weight: weight)
}

/// A client engine with its actions sorted, and a pen for what servers answer.
struct Client {
    var engine: ClientEngine
    private(set) var opened: [LinkID: String] = [:]
    private(set) var closed: [LinkID] = []
    private(set) var sent: [(link: LinkID, event: Event, identifier: MessageID)] = []
    private(set) var finished: [MessageID: [Result<Payload, MeshError>]] = [:]
    private(set) var ended: [MessageID: [MeshError?]] = [:]
    private(set) var deliveries: [Merger.Output] = []
    private(set) var notes: [String] = []
    private var answers = MessageIDSource(using: &random)
    private static nonisolated(unsafe) var random = MeshRandom(seed: 99)

    init(limits: Limits = Limits(), zone: String = "") {
        engine = ClientEngine(limits: limits, zone: zone, random: MeshRandom(seed: 7))
    }

    /// Does something to the engine and takes note of what it wants.
    mutating func after(_ change: (inout ClientEngine) -> Void) {
        change(&engine)
        for action in engine.takeActions() {
            switch action {
            case .open(let link, _, let routingID): opened[link] = routingID ?? ""
            case .close(let link): closed.append(link)
            case .send(let link, let bytes, let identifier):
                if let event = try? Event(decoding: Payload(bytes)) { sent.append((link, event, identifier)) }
            case .finish(let identifier, let result): finished[identifier, default: []].append(result)
            case .delivery(_, let output): deliveries.append(output)
            case .note(let text): notes.append(text)
            case .end(let identifier, let error): ended[identifier, default: []].append(error)
            case .item, .tableChanged: break
            }
        }
    }

    mutating func clearSent() { sent = [] }

    /// Lists instances and brings their connections up; the link of each, in order.
    mutating func connect(_ records: [InstanceRecord], at time: Int64 = 0) -> [LinkID] {
        after { engine in
            engine.watch("s", now: .at(time))
            engine.registry(.snapshot(records), now: .at(time))
        }
        let links = records.map { record in engine.instances(of: "s").first { $0.record.name == record.name }!.link }
        for link in links { bringUp(link, at: time) }
        return links
    }

    mutating func bringUp(_ link: LinkID, at time: Int64) {
        after { $0.link(link, .connected, now: .at(time)) }
        answerPing(on: link, at: time)
    }

    mutating func answerPing(on link: LinkID, at time: Int64) {
        guard let ping = sent.last(where: { $0.link == link && $0.event.name == .ping }) else { return }
        answer(ping.identifier, .ok, on: link, at: time) { $0.writeArrayHeader(0) }
    }

    mutating func answer(
        _ channel: MessageID, _ name: EventName, on link: LinkID, at time: Int64,
        arguments: (inout MessagePackWriter) -> Void = {
            $0.writeArrayHeader(1)
            $0.writeInt(1)
        }
    ) {
        let header = EventHeader(messageID: answers.next(), responseTo: channel)
        let bytes = Event.encode(header, name, arguments: arguments)
        after { $0.received(Payload(bytes), from: link, now: .at(time)) }
    }

    mutating func refuse(_ channel: MessageID, _ name: String, on link: LinkID, at time: Int64) {
        answer(channel, .error, on: link, at: time) { RemoteError(name: name, message: "no").write(to: &$0) }
    }

    /// Makes a call; its name.
    mutating func call(
        _ destination: Destination = .service("s"), options: CallOptions = CallOptions(), at time: Int64 = 0
    ) -> MessageID {
        let identifier = engine.nextIdentifier()
        after {
            $0.call(
                identifier, CallRequest(destination, "m", arguments: Payload([0x90]), options: options), now: .at(time))
        }
        return identifier
    }

    /// Opens a stream; its name.
    mutating func stream(_ destination: Destination = .service("s"), at time: Int64 = 0) -> MessageID {
        let identifier = engine.nextIdentifier()
        after {
            $0.openStream(identifier, CallRequest(destination, "count", arguments: Payload([0x90])), now: .at(time))
        }
        return identifier
    }

    /// Where a call was sent, in order.
    func tries(of call: MessageID) -> [LinkID] { sent.filter { $0.identifier == call }.map(\.link) }

    /// How a call ended: `ok`, or the error's code; nil while it has not.
    func end(of call: MessageID) -> String? {
        finished[call]?.map { result in
            switch result {
            case .success: "ok"
            case .failure(let error): error.code.rawValue
            }
        }.joined(separator: " ")
    }
}
