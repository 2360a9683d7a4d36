internal import MessagePack
internal import Testing

@testable internal import Mesh

/// Connections as the client watches them: pings, draining, replacement.
@Suite struct LinkTests {
    private func state(_ client: Client) -> RoutingTable.LinkState? { client.engine.instances(of: "s").first?.state }

    private func pings(_ client: Client) -> Int { client.sent.count { $0.event.name == .ping } }

    @Test func aHandshakeAloneIsNoProof() {
        var client = Client()
        client.after { engine in
            engine.watch("s", now: .at(0))
            engine.registry(.snapshot([record()]), now: .at(0))
        }
        let link = LinkID(1)
        client.after { $0.link(link, .connected, now: .at(1)) }
        #expect(state(client) == .connecting(since: .at(0)))
        client.answerPing(on: link, at: 2)
        #expect(state(client) == .up)
    }

    @Test func aPeerThatLeavesPingsUnansweredGetsNothingNew() {
        var client = Client()
        let link = client.connect([record()])[0]
        for time in stride(from: Int64(0), through: 3999, by: 100) { client.after { $0.tick(now: .at(time)) } }
        #expect(state(client) == .up)
        client.after { $0.tick(now: .at(4000)) }
        #expect(state(client) == .unresponsive)
        let call = client.call(at: 4001)
        #expect(client.tries(of: call).isEmpty)
        client.answerPing(on: link, at: 4100)
        #expect(state(client) == .up)
        #expect(client.tries(of: call) == [link])
    }

    @Test func aPingThatTheTransportRefusesDoesNotMultiply() {
        var client = Client()
        client.after { engine in
            engine.watch("s", now: .at(0))
            engine.registry(.snapshot([record()]), now: .at(0))
            engine.link(LinkID(1), .connected, now: .at(0))
        }
        // Somebody else listens there: every ping comes back.
        var total = 0
        for time in Int64(0)...15_000 {
            for ping in client.sent {
                total += 1
                client.after { $0.undeliverable(ping.identifier, on: LinkID(1), now: .at(time)) }
            }
            client.clearSent()
            client.after { $0.tick(now: .at(time)) }
        }
        // Every few milliseconds for the first 100, then once a second.
        #expect((30...70).contains(total), "\(total) pings")
    }

    @Test func aDrainingPeerGetsNothingNew() {
        var client = Client()
        let links = client.connect([record("a"), record("b")])
        let bytes = Event.encode(EventHeader(messageID: MessageID(node: 9, count: 9)), .drain) {
            $0.writeArrayHeader(0)
        }
        client.after { $0.received(Payload(bytes), from: links[0], now: .at(5)) }
        for _ in 0..<20 {
            let call = client.call(at: 6)
            #expect(client.tries(of: call) == [links[1]])
        }
    }

    @Test func aSubscriptionMovesWhenItsPublisherDies() {
        var client = Client()
        let links = client.connect([record("a"), record("b")])
        client.after { _ = $0.subscribe(to: "jobs", of: "s", now: .at(0)) }
        for link in links {
            let stream = client.sent.last { $0.link == link && $0.event.name == .method("jobs") }!.identifier
            var item = Block.base.item()
            item.sequence = 1
            client.answer(stream, .stream, on: link, at: 5) { item.write(to: &$0) }
        }
        #expect(client.deliveries.news == ["deliver base/k"])
        client.after { $0.link(links[0], .disconnected, now: .at(10)) }
        #expect(client.deliveries.news == ["deliver base/k"])
    }

    @Test func aHoleInTheSequenceMakesItAskAgain() {
        var client = Client()
        let link = client.connect([record()])[0]
        client.after { _ = $0.subscribe(to: "jobs", of: "s", now: .at(0)) }
        let stream = client.sent.last { $0.event.name == .method("jobs") }!.identifier
        var item = Block.base.item()
        item.sequence = 2
        client.answer(stream, .stream, on: link, at: 5) { item.write(to: &$0) }
        #expect(client.deliveries.isEmpty)
        #expect(client.notes.count == 1)
        client.after { $0.tick(now: .at(200)) }
        #expect(client.sent.count { $0.event.name == .method("jobs") } == 2)
    }

    @Test func aBogusForkKeepsNoNodeAwake() {
        var client = Client()
        let links = client.connect([record("a"), record("b"), record("c")])
        client.after { _ = $0.subscribe(to: "jobs", of: "s", now: .at(0)) }
        let fork = Block.base.child("x1").child("x2")
        for (link, block) in zip(links, [fork, Block.base.child("b1"), Block.base.child("b1")]) {
            let stream = client.sent.last { $0.link == link && $0.event.name == .method("jobs") }!.identifier
            var item = block.item()
            item.sequence = 1
            client.answer(stream, .stream, on: link, at: 5) { item.write(to: &$0) }
        }
        // Would not return if a deadline that has passed stayed there.
        client.after { $0.tick(now: .at(20_000)) }
        #expect(client.deliveries.news == ["deliver b1/k"])
    }
}
