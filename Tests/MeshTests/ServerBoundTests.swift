internal import Testing

@testable internal import Mesh

/// What one server takes on at once: handlers, streams, and peers that it remembers.
@Suite struct ServerBoundTests {
    private static func limits(_ change: (inout Limits) -> Void) -> Limits {
        var limits = Limits()
        change(&limits)
        return limits
    }

    // MARK: Handlers

    @Test func aHandlerPastItsCallerKeepsItsPlaceUntilItReturns() {
        var server = Server(limits: Self.limits { $0.callsRunning = 2 })
        let given = server.request(.method("m"))
        _ = server.request(.method("m")) { $0.remainingMilliseconds = 100 }
        server.say(.cancel, in: given, at: 50)
        server.after { $0.tick(now: .at(100)) }
        #expect(server.engine.channelCount == 0)
        #expect(server.engine.load == 1)
        _ = server.taken()
        _ = server.request(.method("m"), at: 110)
        #expect(server.taken() == ["send error Overloaded", "ended refused"])

        server.after { [key = server.channels[0]] in $0.reply(key, Payload([1]), now: .at(120)) }
        server.after { [key = server.channels[1]] in $0.fail(key, name: "E", message: "", now: .at(120)) }
        #expect(server.taken() == [])
        #expect(server.engine.handlersRunning == 0)
        _ = server.request(.method("m"), at: 130)
        #expect(server.taken() == ["invoke m"])
    }

    @Test func aStreamsHandlerPastItsCallerKeepsItsPlaceUntilItReturns() {
        var server = Server(limits: Self.limits { $0.callsRunning = 1 })
        _ = server.request(.method("m"))
        server.after { [route = server.route] in $0.undeliverable(route, now: .at(1)) }
        _ = server.taken()
        _ = server.request(.method("m"), at: 2)
        #expect(server.taken() == ["send error Overloaded", "ended refused"])
        server.after { [key = server.channels[0]] in $0.endStream(key, now: .at(3)) }
        _ = server.request(.method("m"), at: 4)
        #expect(server.taken() == ["invoke m"])
    }

    @Test func theNameOfAHandlerPastItsCallerIsNotUsedTwice() {
        var server = Server()
        let call = server.request(.method("m"))
        server.say(.cancel, in: call)
        _ = server.taken()
        let again = Event.encode(EventHeader(messageID: call), .method("m"), arguments: Payload([0x90]))
        server.after { [route = server.route] in $0.received(Payload(again), from: route, now: .at(1)) }
        #expect(server.taken() == ["note duplicate"])
    }

    @Test func whoIsRefusedMayAskAnother() {
        var server = Server(limits: Self.limits { $0.callsRunning = 0 })
        _ = server.request(.method("m"))
        #expect(server.taken() == ["send error Overloaded", "ended refused"])
        var client = Client()
        let link = client.connect([record()])[0]
        let call = client.call()
        client.refuse(call, "Overloaded", on: link, at: 5)
        guard case .failure(let error)? = client.finished[call]?.first else {
            Issue.record("the call did not end")
            return
        }
        #expect(error.isRetrySafe)
    }

    // MARK: Streams of publications

    @Test func handlersPastTheirCallersMakeNoRoomForMoreStreams() {
        var server = Server(limits: Self.limits { $0.streamsServed = 2 })
        for _ in 0..<5 {
            let call = server.request(.method("m"))
            server.say(.cancel, in: call)
        }
        _ = server.taken()
        for _ in 0..<3 { _ = server.request(.method("p"), at: 1) }
        #expect(server.taken() == ["send error Overloaded", "ended refused"])
        #expect(server.engine.channelCount == 2)
    }

    // MARK: Peers

    private func route(_ number: UInt8) -> Route { Route(frames: [[0, number]]) }

    @Test func peersThatAreRememberedAreBounded() {
        var server = Server(limits: Self.limits { $0.streamsServed = 3 })
        for number in UInt8(1)...50 { _ = server.request(.ping, from: route(number)) }
        #expect(server.engine.peers.count == 3)
        // A ping is answered all the same: who is not remembered is not told of a drain, and that is all.
        let log = server.taken()
        #expect(log.count { $0 == "invoke _mesh_ping" } == 50)
        server.after { $0.drain(now: .at(1)) }
        #expect(server.taken() == ["send drain", "send drain", "send drain"])
    }

    @Test func aPeerThatWentSilentGivesItsPlaceUp() {
        var server = Server(limits: Self.limits { $0.streamsServed = 2 })
        _ = server.request(.ping, from: route(1))
        _ = server.request(.ping, from: route(2))
        // The second one goes on asking.
        _ = server.request(.ping, at: 20_000, from: route(2))
        _ = server.request(.ping, at: 20_001, from: route(3))
        #expect(Set(server.engine.peers.keys) == [route(2), route(3)])
        _ = server.request(.ping, at: 20_002, from: route(4))
        #expect(Set(server.engine.peers.keys) == [route(2), route(3)])
    }

    @Test func aCrowdOfStrangersIsNotLookedThroughForEachOfThem() {
        var server = Server(limits: Self.limits { $0.streamsServed = 2 })
        for number in UInt8(1)...3 { _ = server.request(.ping, from: route(number)) }
        let sweptAt = server.engine.peersSweptAt
        for number in UInt8(4)...50 { _ = server.request(.ping, at: 999, from: route(number)) }
        #expect(server.engine.peersSweptAt == sweptAt)
        _ = server.request(.ping, at: 1000, from: route(51))
        #expect(server.engine.peersSweptAt == .at(1000))
    }
}
