internal import Testing

@testable internal import Mesh

@Suite struct ServerEngineTests {
    @Test func aRequestRunsAndIsAnswered() {
        var server = Server()
        _ = server.request(.method("m"))
        #expect(server.taken() == ["invoke m"])
        server.after { [key = server.channels[0]] in $0.reply(key, Payload([1]), now: .at(5)) }
        #expect(server.taken() == ["send ok", "ended ok"])
        #expect(server.engine.channelCount == 0)
    }

    @Test func anUnknownMethodIsSaidSo() {
        var server = Server()
        _ = server.request(.method("x"))
        #expect(server.taken() == ["send error NameError", "ended refused"])
    }

    @Test func aCallForAnotherLifeIsRefused() {
        var server = Server()
        _ = server.request(.method("m")) { $0.expectedEpoch = 6 }
        #expect(server.taken() == ["send error WrongEpoch", "ended refused"])
        _ = server.request(.method("m")) { $0.expectedEpoch = 7 }
        #expect(server.taken() == ["invoke m"])
    }

    @Test func aHandlerWhoseCallerNoLongerWaitsIsStopped() {
        var server = Server()
        _ = server.request(.method("m")) { $0.remainingMilliseconds = 200 }
        server.after { $0.tick(now: .at(199)) }
        #expect(server.taken() == ["invoke m"])
        server.after { $0.tick(now: .at(200)) }
        #expect(server.taken() == ["cancel deadlineExceeded", "ended cancelled"])
        server.after { [key = server.channels[0]] in $0.reply(key, Payload([1]), now: .at(300)) }
        #expect(server.taken() == [])
    }

    @Test func aRequestThatCameTooLateDoesNotRun() {
        var server = Server()
        _ = server.request(.method("m")) { $0.remainingMilliseconds = 0 }
        #expect(server.taken() == [])
    }

    @Test func cancellationReachesTheHandler() {
        var server = Server()
        let call = server.request(.method("m"))
        server.say(.cancel, in: call)
        #expect(server.taken() == ["invoke m", "cancel cancelled", "ended cancelled"])
    }

    @Test func whatOneRunsIsBounded() {
        var limits = Limits()
        limits.callsRunning = 1
        var server = Server(limits: limits)
        _ = server.request(.method("m"))
        _ = server.request(.method("m"))
        #expect(server.taken() == ["invoke m", "send error Overloaded", "ended refused"])
    }

    @Test func aDrainingServerTellsItsPeersAndRefusesAllButSignsOfLife() {
        var server = Server()
        _ = server.request(.ping)
        #expect(server.taken() == ["invoke _mesh_ping"])
        server.after { $0.drain(now: .at(1)) }
        #expect(server.taken() == ["send drain"])
        _ = server.request(.method("m"))
        _ = server.request(.method("p"))
        _ = server.request(.ping)
        #expect(
            server.taken() == [
                "send error Draining", "ended refused", "send error Draining", "ended refused", "invoke _mesh_ping",
            ])
    }

    @Test func aStreamWaitsForCredit() {
        var server = Server()
        let call = server.request(.method("m"))
        let key = server.channels[0]
        _ = server.taken()
        server.after { $0.write(Payload([1]), to: key) }
        server.after { $0.write(Payload([2]), to: key) }
        #expect(server.taken() == ["send stream", "resume"])
        server.say(.more, in: call, 5)
        #expect(server.taken() == ["send stream", "resume"])
        server.after { $0.endStream(key, now: .at(1)) }
        #expect(server.taken() == ["send streamDone", "ended ok"])
    }

    @Test func aCallerThatGoesSilentIsGivenUpAfterThreeHeartbeats() {
        var server = Server()
        _ = server.request(.method("m"))
        _ = server.taken()
        for time in [Int64(5000), 10_000, 15_000] { server.after { $0.tick(now: .at(time)) } }
        #expect(server.taken() == ["send heartbeat", "send heartbeat", "send heartbeat"])
        server.after { $0.tick(now: .at(20_000)) }
        #expect(server.taken() == ["cancel peerLost", "ended cancelled"])
    }

    @Test func aCallerThatBeatsIsServedOn() {
        var server = Server()
        let call = server.request(.method("m"))
        for time in stride(from: Int64(5000), through: 60_000, by: 5000) {
            server.say(.heartbeat, in: call, at: time)
            server.after { $0.tick(now: .at(time)) }
        }
        #expect(!server.taken().contains("cancel peerLost"))
    }

    @Test func whatACallerAskedForEndsWithItsConnection() {
        var server = Server()
        let call = server.request(.method("m"))
        _ = server.request(.method("p"))
        _ = server.taken()
        server.after { [route = server.route] in $0.undeliverable(route, now: .at(1)) }
        #expect(server.engine.channelCount == 0)
        // The handler was told to stop; it counts until it has.
        #expect(server.engine.handlersRunning == 1)
        let key = ChannelKey(route: server.route, identifier: call)
        server.after { $0.reply(key, Payload([0xC0]), now: .at(2)) }
        #expect(server.engine.handlersRunning == 0)
    }

    @Test func twoCallersMayUseOneName() {
        var server = Server()
        let call = server.request(.method("m"))
        let bytes = Event.encode(EventHeader(messageID: call), .method("m"), arguments: Payload([0x90]))
        server.after { $0.received(Payload(bytes), from: Route(frames: [[9]]), now: .at(0)) }
        #expect(server.taken() == ["invoke m", "invoke m"])
        server.after { [route = server.route] in $0.received(Payload(bytes), from: route, now: .at(0)) }
        #expect(server.taken() == ["note duplicate"])
    }

    @Test func aPublicationIsStreamedAndEndsWhenItsServerLeaves() {
        var server = Server()
        server.after { $0.publish(Block.base.item(), as: "p") }
        _ = server.request(.method("p"))
        #expect(server.taken() == ["send stream"])
        server.after { $0.endPublications(now: .at(1)) }
        #expect(server.taken() == ["send streamDone", "ended ok"])
    }
}
