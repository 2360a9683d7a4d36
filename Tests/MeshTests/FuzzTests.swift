internal import MessagePack
internal import Testing

@testable internal import Mesh

/// Hostile input: whatever comes, nothing crashes, nothing grows, and what is no event is noted.
@Suite struct FuzzTests {
    /// A valid message with bytes changed, cut off or put in.
    private static func damaged(_ message: [UInt8], _ random: inout MeshRandom) -> [UInt8] {
        var bytes = message
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = bytes.indices.randomElement(using: &random) ?? 0
            switch Int.random(in: 0...3, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(index...)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            default: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
        }
        return bytes
    }

    private static func noise(_ random: inout MeshRandom) -> [UInt8] {
        (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private static func encoded(_ item: PublishedItem) -> [UInt8] {
        var writer = MessagePackWriter()
        item.write(to: &writer)
        return writer.bytes
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func decodingNeverCrashes(_ seed: UInt64) {
        var random = MeshRandom(seed: seed)
        let event = Event.encode(
            EventHeader(messageID: MessageID(node: 1, count: 1)), .method("m"), arguments: Payload([0x90]))
        let item = Self.encoded(Block.base.item())
        for _ in 0..<2000 {
            _ = try? Event(decoding: Payload(Self.noise(&random)))
            _ = try? Event(decoding: Payload(Self.damaged(event, &random)))
            _ = try? PublishedItem(decoding: Payload(Self.damaged(item, &random)))
            _ = try? PublicationRequest(decoding: Payload(Self.noise(&random)))
            _ = RemoteError(decoding: Payload(Self.noise(&random)))
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func aServerSurvivesItsCallers(_ seed: UInt64) {
        var random = MeshRandom(seed: seed)
        var limits = Limits()
        limits.callsRunning = 20
        limits.streamsServed = 20
        var engine = ServerEngine(methods: ["m": .handler, "p": .publication], limits: limits, random: &random)
        engine.publish(Block.base.item(), as: "p")
        var notes = 0
        for step in 0..<3000 {
            let now = MeshInstant.at(Int64(step))
            let identifier = MessageID(node: 1, count: UInt64.random(in: 0...40, using: &random))
            let names: [EventName] = [
                .method("m"), .method("p"), .method("?"), .ping, .cancel, .more, .heartbeat, .ok, .stream, .error,
                .drain,
            ]
            let isInChannel = Bool.random(using: &random)
            let header = EventHeader(
                messageID: isInChannel ? MessageID(node: 2, count: UInt64(step)) : identifier,
                responseTo: isInChannel ? identifier : nil)
            var bytes = Event.encode(
                header, names.randomElement(using: &random) ?? .ok, arguments: Payload([0x91, 0x05]))
            if Bool.random(using: &random) { bytes = Self.damaged(bytes, &random) }
            if step % 10 == 0 { bytes = Self.noise(&random) }
            engine.received(Payload(bytes), from: Route(frames: [[UInt8.random(in: 0...3, using: &random)]]), now: now)
            if step % 7 == 0 { engine.tick(now: now) }
            notes += engine.takeActions().count { if case .note = $0 { true } else { false } }
            #expect(engine.channelCount <= 40)
        }
        #expect(notes > 100)
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func aClientSurvivesItsServers(_ seed: UInt64) {
        var random = MeshRandom(seed: seed)
        var client = Client()
        let links = client.connect([record("a"), record("b")])
        client.after { _ = $0.subscribe(to: "jobs", of: "s", now: .at(0)) }
        let streams = client.sent.filter { $0.event.name == .method("jobs") }
        var calls: [MessageID] = []
        for step in 0..<2000 {
            let now = Int64(step * 10)
            if step % 5 == 0 { calls.append(client.call(options: CallOptions(timeout: .seconds(1)), at: now)) }
            let channels = streams.map(\.identifier) + calls.suffix(5)
            let header = EventHeader(
                messageID: MessageID(node: 2, count: UInt64(step)), responseTo: channels.randomElement(using: &random))
            let names: [EventName] = [.ok, .stream, .streamDone, .error, .heartbeat, .more, .drain, .method("x")]
            let item = Self.damaged(Self.encoded(Block.base.item()), &random)
            var bytes = Event.encode(
                header, names.randomElement(using: &random) ?? .ok,
                arguments: Payload(Bool.random(using: &random) ? item : [0x91, 1]))
            if step % 3 == 0 { bytes = Self.damaged(bytes, &random) }
            let link = links.randomElement(using: &random) ?? links[0]
            client.after { $0.received(Payload(bytes), from: link, now: .at(now)) }
            client.after { $0.tick(now: .at(now)) }
            #expect(client.engine.heldCount < 200)
        }
        client.after { $0.tick(now: .at(60_000)) }
        #expect(calls.allSatisfy { client.finished[$0]?.count == 1 })
        #expect(!client.notes.isEmpty)
    }
}
