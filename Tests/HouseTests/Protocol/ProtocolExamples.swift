internal import MessagePack

@testable internal import Mesh

/// The messages that `docs/PROTOCOL.md` shows byte for byte, made by the encoder that the mesh itself uses.
enum ProtocolExamples {
    /// By the name that stands behind `hex` at the beginning of the block in the document.
    static func all() throws -> [String: [UInt8]] {
        [
            "request": event(call, .method("hello"), try arguments(["world"])),
            "result": event(answer(1), .ok, try arguments(["Hello, world"])),
            "refusal": event(
                answer(2), .error,
                try arguments([.string("Draining"), .string("this instance takes nothing new; call another"), .null])),
            "ping": event(EventHeader(messageID: caller(2)), .ping, .noArguments),
            "heartbeat": event(within(caller(3)), .heartbeat, try arguments([.int(0)])),
            "cancel": event(within(caller(4)), .cancel, .noArguments),
            "drain": event(EventHeader(messageID: server(3)), .drain, .noArguments),
            "subscribe": event(
                EventHeader(messageID: caller(5)), .method("jobs"), PublicationRequest(after: Ordinal(500)).encoded),
            "credit": event(within(caller(6), of: caller(5)), .more, try arguments([.int(99)])),
            "item": try item(),
        ]
    }

    private static func caller(_ count: UInt64) -> MessageID { MessageID(node: 0x0123_4567_89AB_CDEF, count: count) }
    private static func server(_ count: UInt64) -> MessageID { MessageID(node: 0xFEDC_BA98_7654_3210, count: count) }

    private static var call: EventHeader {
        var header = EventHeader(messageID: caller(1))
        header.remainingMilliseconds = 10_000
        return header
    }

    private static func within(_ name: MessageID, of channel: MessageID = caller(1)) -> EventHeader {
        EventHeader(messageID: name, responseTo: channel)
    }

    private static func answer(_ count: UInt64, to channel: MessageID = caller(1)) -> EventHeader {
        var header = EventHeader(messageID: server(count), responseTo: channel)
        header.epoch = 1_763_690_400_000
        header.load = 0.25
        return header
    }

    private static func item() throws -> [UInt8] {
        let item = PublishedItem(
            publisher: "jobmanager-1", epoch: 1_763_690_400_000, sequence: 1, isSnapshot: true,
            position: Position(
                lineage: "regtest:530827", ordinal: Ordinal(0x1F6), height: 251, parent: "c0ffee",
                ancestors: ["c0ffee", "beef"]),
            key: "9f86d081", item: Payload(try MessagePackEncoder().encode(1)))
        return Event.encode(answer(4, to: caller(5)), .stream) { item.write(to: &$0) }
    }

    private static func event(_ header: EventHeader, _ name: EventName, _ arguments: Payload) -> [UInt8] {
        Event.encode(header, name, arguments: arguments)
    }

    private static func arguments(_ values: [MessagePackValue]) throws -> Payload {
        Payload(try MessagePackEncoder().encode(values))
    }
}

extension Payload {
    fileprivate static var noArguments: Payload { Payload([0x90]) }
}
