internal import MessagePack
internal import Testing

@testable internal import Mesh

/// Events as the real ZeroRPC 0.6.3 sends them, byte for byte from a dump of its sockets.
@Suite struct EventTests {
    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { UInt8($0 <= 57 ? $0 - 48 : $0 - 87) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func event(_ hex: String) throws -> Event { try Event(decoding: Payload(bytes(hex))) }

    private static func value(_ event: Event) throws -> MessagePackValue {
        try event.arguments.withBytes { try MessagePackDecoder().decode(MessagePackValue.self, from: $0) }
    }

    static let header = "9382aa6d6573736167655f6964c420"
    static let hello =
        header + "3836643434303231323562373431663838333161323866323433346464353065a17603a568656c6c6f91a3626f62"
    static let reply =
        "9383aa6d6573736167655f6964c4203935303433386364363630383466313538613137356535663863616337663535a17603ab726573706f6e73"
        + "655f746fc4203836643434303231323562373431663838333161323866323433346464353065a24f4b91aa48656c6c6f2c20626f62"
    static let traced =
        "9383aa6d6573736167655f6964c4206263383331636537613336613431393938653030346638363734323464373332a17603a874726163655f69"
        + "64a3616263a568656c6c6f91a178"
    static let more =
        "9383aa6d6573736167655f6964c4203231336430396361623764333430336661396162663433346435343538353433a17603ab726573706f6e73"
        + "655f746fc4203231336430396339623764333430336661396162663433346435343538353433a95f7a70635f6d6f72659164"
    static let item =
        "9383aa6d6573736167655f6964c4203935303433386265363630383466313538613137356535663863616337663535a17603ab726573706f6e73"
        + "655f746fc4203639353563376433646365363436356261336464393863363735343066643033a653545245414d04"
    static let done =
        "9383aa6d6573736167655f6964c4203935303433386333363630383466313538613137356535663863616337663535a17603ab726573706f6e73"
        + "655f746fc4203639353563376433646365363436356261336464393863363735343066643033ab53545245414d5f444f4e45c0"
    static let beat =
        "9383aa6d6573736167655f6964c4203462323230643434646632633463626461323137626336656334613938373835a17603ab726573706f6e73"
        + "655f746fc4203462323230643433646632633463626461323137626336656334613938373835a75f7a70635f68629100"

    @Test func aRequest() throws {
        let event = try Self.event(Self.hello)
        #expect(event.name == .method("hello"))
        #expect(event.header.responseTo == nil)
        #expect(try Self.value(event) == ["bob"])
    }

    @Test func anAnswerNamesTheRequest() throws {
        let (request, answer) = (try Self.event(Self.hello), try Self.event(Self.reply))
        #expect(answer.name == .ok)
        #expect(answer.header.responseTo == request.header.messageID)
        #expect(try Self.value(answer) == ["Hello, bob"])
    }

    @Test func headerKeysOfOthersAreSkipped() throws {
        #expect(try Self.value(try Self.event(Self.traced)) == ["x"])
    }

    @Test func controlOfAChannel() throws {
        #expect(try Self.event(Self.more).name == .more)
        #expect(try Self.event(Self.item).name == .stream)
        #expect(try Self.value(try Self.event(Self.item)) == 4)
        #expect(try Self.event(Self.done).name == .streamDone)
        #expect(try Self.event(Self.beat).name == .heartbeat)
    }

    @Test(arguments: [hello, reply, more, item, done, beat]) func whatWasReadIsWrittenByteForByte(_ hex: String) throws
    {
        let event = try Self.event(hex)
        #expect(Event.encode(event.header, event.name, arguments: event.arguments) == Self.bytes(hex))
    }

    @Test func theMeshsOwnHeaderComesBack() throws {
        var header = EventHeader(messageID: MessageID(node: 1, count: 2), responseTo: MessageID(node: 3, count: 4))
        header.remainingMilliseconds = 1500
        header.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        header.expectedEpoch = 17
        header.attempt = 2
        header.idempotencyKey = "once"
        header.epoch = 18
        header.load = 0.25
        let bytes = Event.encode(header, .method("m"), arguments: Payload([0x90]))
        #expect(try Event(decoding: Payload(bytes)).header == header)
    }

    @Test(arguments: [
        "", "90", "c0", "9280c0", "9380a16190", "9381aa6d6573736167655f696401a16190c0", "93a0a16190",
        "9381aa6d6573736167655f69640101" + "90", "9381aa6d6573736167655f696401c4016190",
    ]) func whatIsNoEventIsAnError(_ hex: String) {
        #expect(throws: MeshError.self) { try Self.event(hex) }
    }

    @Test func anIdentifierOfAbsurdLengthIsAnError() {
        var writer = MessagePackWriter()
        writer.writeArrayHeader(3)
        writer.writeMapHeader(1)
        writer.writeString("message_id")
        writer.writeBinary([UInt8](repeating: 1, count: 300))
        writer.writeString("m")
        writer.writeArrayHeader(0)
        #expect(throws: MeshError.self) { try Event(decoding: Payload(writer.bytes)) }
    }

    @Test(arguments: [(64, true), (65, false), (100_000, false)])
    func aHeaderHasAtMost64Keys(_ count: Int, _ isTaken: Bool) {
        var writer = MessagePackWriter()
        writer.writeArrayHeader(3)
        writer.writeMapHeader(count)
        writer.writeString("message_id")
        writer.writeString("one")
        for number in 1..<count {
            writer.writeString("x\(number)")
            writer.writeNil()
        }
        writer.writeString("m")
        writer.writeArrayHeader(0)
        #expect(((try? Event(decoding: Payload(writer.bytes))) != nil) == isTaken)
    }

    @Test func aPublishedItemComesBack() throws {
        let item = Block.base.child("b1").item("key")
        var writer = MessagePackWriter()
        item.write(to: &writer)
        let back = try PublishedItem(decoding: Payload(writer.bytes))
        #expect(back.position == item.position)
        #expect(back.key == "key")
        #expect(back.item.bytes == item.item.bytes)
    }
}
