internal import Testing

@testable internal import Mesh

@Suite struct PublisherStateTests {
    let base = Block.base

    private func key(_ number: UInt64) -> ChannelKey {
        ChannelKey(route: Route(frames: [[1]]), identifier: MessageID(node: 1, count: number))
    }

    private func texts(_ sent: [(ChannelKey, PublishedItem)]) -> [String] {
        sent.map { "\($0.1.position.parent)/\($0.1.key) \($0.1.sequence)" }
    }

    @Test func aNewListenerBeginsWithTheNewestItem() {
        var state = PublisherState(limit: 4)
        #expect(state.publish(base.item()).isEmpty)
        #expect(state.publish(base.child("b1").item()).isEmpty)
        let sent = state.subscribe(key(1), after: nil)
        #expect(texts(sent) == ["b1/k 1"])
        #expect(sent[0].1.isSnapshot)
    }

    @Test func whoWasAwayGetsEachPositionThatItMissed() {
        var state = PublisherState(limit: 4)
        var block = base
        for number in 1...3 {
            _ = state.publish(block.item())
            block = block.child("b\(number)")
        }
        _ = state.publish(block.item())
        var sent = state.subscribe(key(1), after: Ordinal(base.work))
        sent += state.grant(10, to: key(1))
        #expect(texts(sent) == ["b1/k 1", "b2/k 2", "b3/k 3"])
    }

    @Test func theHistoryIsBounded() {
        var state = PublisherState(limit: 4)
        var block = base
        for number in 1...20 {
            block = block.child("b\(number)")
            _ = state.publish(block.item())
        }
        #expect(state.history.map(\.position.parent) == ["b17", "b18", "b19", "b20"])
    }

    @Test func aSlowListenerIsOwedTheNewestItemOfEachPosition() {
        var state = PublisherState(limit: 4)
        _ = state.publish(base.item("k0"))
        #expect(texts(state.subscribe(key(1), after: nil)) == ["base/k0 1"])
        for number in 1...5 { #expect(state.publish(base.item("k\(number)")).isEmpty) }
        #expect(state.publish(base.child("b1").item("n1")).isEmpty)
        #expect(state.publish(base.child("b1").item("n2")).isEmpty)
        // Numbered when they leave: conflation is no hole.
        #expect(texts(state.grant(5, to: key(1))) == ["base/k5 2", "b1/n2 3"])
    }

    @Test func whatASlowListenerIsOwedIsBounded() {
        var state = PublisherState(limit: 4)
        _ = state.publish(base.item())
        _ = state.subscribe(key(1), after: nil)
        var block = base
        for number in 1...50 {
            block = block.child("b\(number)")
            _ = state.publish(block.item())
        }
        #expect(state.subscribers[key(1)]?.owed.count == 4)
        #expect(texts(state.grant(100, to: key(1))).last == "b50/k 5")
    }

    @Test func oneSlowListenerDoesNotDelayAnother() {
        var state = PublisherState(limit: 4)
        _ = state.subscribe(key(1), after: nil)
        _ = state.subscribe(key(2), after: nil)
        _ = state.grant(10, to: key(2))
        _ = state.publish(base.item())
        #expect(state.publish(base.child("b1").item()).map(\.0) == [key(2)])
    }

    @Test func aShorterChainReplacesWhatStoodAboveIt() {
        var state = PublisherState(limit: 4)
        _ = state.publish(base.item())
        _ = state.publish(base.child("b1").item())
        _ = state.publish(base.item("again"))
        #expect(state.history.map(\.key) == ["again"])
    }
}
