internal import Testing

@testable internal import Mesh

/// What a receiver lets its senders send: streams and subscriptions.
@Suite struct CreditTests {
    @Test func aStreamWhoseCreditIsRefusedEnds() throws {
        var client = Client()
        let link = client.connect([record()])[0]
        let stream = client.stream()
        let credit = try #require(client.sent.last { $0.event.name == .more })
        #expect(credit.event.header.responseTo == stream)
        client.after { $0.undeliverable(credit.identifier, on: credit.link, now: .at(1)) }
        #expect(client.ended[stream]?.map { $0?.code } == [.unavailable])
        #expect(client.engine.links[link]?.inFlight == 0)
    }

    /// Alarms wait for the consumer as items do: uncounted, they would gather without bound, and each one taken would free the
    /// place of an item.
    @Test func anAlarmHoldsAPlaceUntilItIsTaken() throws {
        var limits = Limits()
        limits.subscriptionBuffer = 2
        limits.streamWindow = 4
        var client = Client(limits: limits)
        let links = client.connect([record("a"), record("b")])
        var policy = Merger.Policy()
        policy.lineage = "main"
        var subscription: SubscriptionID?
        client.after { subscription = $0.subscribe(to: "jobs", of: "s", policy: policy, now: .at(0)) }
        let identifier = try #require(subscription)
        let streams = links.map { link in
            client.sent.last { $0.link == link && $0.event.name == .method("jobs") }!.identifier
        }
        func say(_ sequence: UInt64, _ publisher: Int) {
            var item = Block.base.item(lineage: "other")
            item.sequence = sequence
            client.answer(streams[publisher], .stream, on: links[publisher], at: 5) { item.write(to: &$0) }
        }
        client.clearSent()
        for publisher in 0...1 { say(1, publisher) }
        #expect(client.deliveries.texts == ["alarm", "alarm"])
        // Half of each window is used up, and nothing is granted: two deliveries wait.
        for publisher in 0...1 { say(2, publisher) }
        #expect(!client.sent.contains { $0.event.name == .more })
        client.after { $0.consumed(1, of: identifier) }
        #expect(client.sent.filter { $0.event.name == .more }.map(\.link) == links)
    }
}
