internal import MessagePack
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import Mesh

/// What a node makes of its engines' decisions: sends that the network does not take, cancelled tasks, items that are too large.
@Suite(.timeLimit(.minutes(1))) struct NodeTests {
    // MARK: A network that does not take everything

    private static func counting() -> ServiceDefinition {
        var service = ServiceDefinition(name: "s")
        service.stream("count", "Counts for ever.", execution: .loop, of: Int.self) { _, writer in
            for number in 0... { try await writer.write(number) }
        }
        return service
    }

    @Test func aStreamThatIsTakenWaitsForCredit() {
        let bench = NodeBench(Self.counting())
        bench.request("count")
        #expect(bench.transport.events.map(\.name) == [.stream])
        #expect(bench.node.core.server.channelCount == 1)
        bench.node.core.close(linger: .zero)
        bench.reactor.turn()
    }

    @Test(arguments: [SendOutcome.congested, .unroutable])
    func aReplyThatIsNotTakenEndsItsChannelAndStopsTheHandler(_ outcome: SendOutcome) {
        let bench = NodeBench(Self.counting())
        bench.transport.setOutcome(outcome)
        bench.request("count")
        #expect(bench.node.core.server.channelCount == 0)
        #expect(bench.node.core.server.handlersRunning == 0)
        #expect(bench.node.core.handlers.running.isEmpty)
    }

    @Test(arguments: [SendOutcome.congested, .unroutable])
    func aStreamWhoseCreditIsNotTakenEnds(_ outcome: SendOutcome) async throws {
        let bench = NodeBench()
        let link = try bench.connectToInstance()
        let stream: MeshStream<Int> = bench.node.stream(
            CallRequest(.service("s"), "count", arguments: Payload([0x90])))
        bench.reactor.turn()
        let opening = try #require(bench.transport.events.last { $0.name == .method("count") })
        #expect(bench.transport.events.last?.name == .more)
        // The first item uses up credit of which the rest of the window is granted anew as it is taken.
        bench.transport.setOutcome(outcome)
        for number in 0..<100 {
            let header = EventHeader(
                messageID: MessageID(node: 9, count: UInt64(number)), responseTo: opening.header.messageID)
            bench.node.core.received(Payload(Event.encode(header, .stream) { $0.writeInt(number) }), on: link)
        }
        bench.node.core.endOfBatch()
        let iterator = stream.makeAsyncIterator()
        for number in 0..<100 { #expect(try await iterator.next() == number) }
        bench.reactor.turn()
        // A stream that is left over would end with this, as shut down.
        bench.node.core.close(linger: .zero)
        let error = await #expect(throws: MeshError.self) { try await iterator.next() }
        #expect(error?.code == .unavailable)
    }

    @Test func aRefusedConnectionIsSaidOnceThenEachMinuteWithHowManyThereWere() {
        let log = LogBook()
        let bench = NodeBench(logger: log.logger)
        for attempt in 0...30 {
            bench.node.core.refused(at: "tcp://10.0.0.1:17000", "it hangs")
            if attempt == 29 { #expect(log.lines == ["warning connecting to tcp://10.0.0.1:17000: it hangs [:]"]) }
            bench.reactor.advance(by: .seconds(2))
        }
        #expect(log.lines.count == 2 && log.lines.last?.contains("29 more since the last") == true)
        // Another reason, or another endpoint, is said at once.
        bench.node.core.refused(at: "tcp://10.0.0.1:17000", "it speaks something else")
        bench.node.core.refused(at: "tcp://10.0.0.2:17000", "it hangs")
        #expect(log.lines.count == 4)
    }

    // MARK: Cancelled tasks

    @Test func aCallOfACancelledTaskEndsAsCancelledAndSendsNothing() async throws {
        let bench = NodeBench()
        _ = try bench.connectToInstance()
        let before = bench.transport.sent.count
        // Up to the call's first wait, in the order in which a cancelled task hands things over.
        let call = Task.immediate {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await bench.node.call(CallRequest(.service("s"), "m", arguments: Payload([0x90])))
        }
        bench.reactor.turn()
        // A call that is left over would end with this, as shut down.
        bench.node.core.close(linger: .zero)
        let error = await #expect(throws: MeshError.self) { try await call.value }
        #expect(error?.code == .cancelled)
        #expect(bench.transport.events.dropFirst(before).map(\.name) == [])
        #expect(bench.node.core.client.heldCount == 1)
    }

    // MARK: Large items

    private static let small: Limits = {
        var limits = Limits()
        limits.messageBytes = 20 * 1024
        return limits
    }()

    /// A text whose encoding takes so many bytes.
    private static func text(_ bytes: Int) -> String { String(repeating: "x", count: bytes - 3) }

    private static func writing(_ bytes: Int) -> ServiceDefinition {
        var service = ServiceDefinition(name: "s")
        service.stream("texts", "Writes one text.", execution: .loop, of: String.self) { _, writer in
            try await writer.write(text(bytes))
        }
        return service
    }

    @Test func anItemAtTheLimitIsSent() {
        let bench = NodeBench(Self.writing(Self.small.itemBytes), limits: Self.small)
        bench.request("texts")
        #expect(bench.transport.events.map(\.name) == [.stream, .streamDone])
        #expect(bench.transport.sent[0].count <= Self.small.messageBytes)
    }

    @Test func anItemBeyondTheLimitIsRefusedToItsHandler() throws {
        let bench = NodeBench(Self.writing(Self.small.itemBytes + 1), limits: Self.small)
        bench.request("texts")
        #expect(bench.transport.events.map(\.name) == [.error])
        let error = RemoteError(decoding: try #require(bench.transport.events.first).arguments)
        #expect(error.name == "badArguments")
        #expect(error.message.contains("4097 bytes"))
    }

    @Test func aPublishedItemBeyondTheLimitIsRefusedToItsPublisher() throws {
        var service = ServiceDefinition(name: "s")
        let texts = service.publication("texts", "Texts.", of: String.self)
        let bench = NodeBench(service, limits: Self.small)
        let position = Block.base.position()
        try bench.node.publish(Self.text(Self.small.itemBytes), at: position, key: "a", as: texts)
        let error = #expect(throws: MeshError.self) {
            try bench.node.publish(Self.text(Self.small.itemBytes + 1), at: position, key: "b", as: texts)
        }
        #expect(error?.code == .badArguments)
        bench.reactor.turn()
        bench.request("texts")
        #expect(bench.transport.events.map(\.name) == [.stream])
    }

    @Test func aPublishedItemWithANameThatNoSubscriberTakesIsRefused() {
        var service = ServiceDefinition(name: "s")
        let texts = service.publication("texts", "Texts.", of: String.self)
        let bench = NodeBench(service, limits: Self.small)
        let long = String(repeating: "n", count: Position.maximumNameBytes + 1)
        let error = #expect(throws: MeshError.self) {
            try bench.node.publish("a", at: Block.base.position(), key: long, as: texts)
        }
        #expect(error?.code == .badArguments)
    }

    /// What goes around an item is bounded by the lengths of its names.
    @Test func aPublishedItemAtTheLimitFitsIntoAMessage() {
        let name = String(repeating: "n", count: Position.maximumNameBytes)
        let position = Position(
            lineage: name, ordinal: Ordinal(.max), height: .max, parent: name,
            ancestors: Array(repeating: name, count: Position.maximumAncestors))
        let item = PublishedItem(
            publisher: name, epoch: .max, sequence: .max, position: position, key: name,
            item: Payload([UInt8](repeating: 0xc0, count: Self.small.itemBytes)))
        var header = EventHeader(messageID: MessageID(node: .max, count: .max))
        header.responseTo = header.messageID
        header.epoch = .max
        header.load = 0.123
        #expect(Event.encode(header, .stream) { item.write(to: &$0) }.count <= Self.small.messageBytes)
    }
}

extension NodeBench {
    /// Lists one instance and brings its connection up.
    fileprivate func connectToInstance() throws -> LinkID {
        node.core.client.watch("s", now: reactor.now)
        node.core.client.registry(.snapshot([record()]), now: reactor.now)
        node.core.endOfBatch()
        let link = try #require(transport.opened.first)
        node.core.link(link, .connected)
        node.core.endOfBatch()
        let ping = try #require(transport.events.last { $0.name == .ping })
        let header = EventHeader(messageID: MessageID(node: 8, count: 1), responseTo: ping.header.messageID)
        node.core.received(Payload(Event.encode(header, .ok) { $0.writeArrayHeader(0) }), on: link)
        node.core.endOfBatch()
        return link
    }
}
