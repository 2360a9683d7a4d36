internal import Testing

@testable internal import Mesh

/// A place at an instance that becomes free is taken by one that waits for it.
@Suite struct FreedPlaceTests {
    /// A client that may have one call or stream in flight to each of its instances.
    private static func client(_ records: [InstanceRecord]) -> (Client, [LinkID]) {
        var limits = Limits()
        limits.callsInFlightPerInstance = 1
        var client = Client(limits: limits)
        let links = client.connect(records)
        return (client, links)
    }

    @Test func aStreamThatEndsLetsACallGo() {
        var (client, links) = Self.client([record()])
        let stream = client.stream()
        let call = client.call()
        #expect(client.tries(of: call).isEmpty)
        client.answer(stream, .streamDone, on: links[0], at: 5)
        #expect(client.tries(of: call) == links)
    }

    @Test func aStreamThatItsConsumerGivesUpLetsAStreamGo() {
        var (client, links) = Self.client([record()])
        let first = client.stream()
        let second = client.stream()
        client.after { $0.closeStream(first, now: .at(5)) }
        #expect(client.sent.contains { $0.identifier == second && $0.link == links[0] })
    }

    @Test func aStreamThatFailsLetsACallGo() {
        var (client, links) = Self.client([record()])
        let stream = client.stream()
        let call = client.call()
        client.refuse(stream, "ValueError", on: links[0], at: 5)
        #expect(client.tries(of: call) == links)
    }

    @Test func aCallThatIsRefusedLetsTheNextGo() {
        var (client, links) = Self.client([record()])
        let first = client.call()
        let second = client.call()
        client.refuse(first, "Overloaded", on: links[0], at: 5)
        #expect(client.end(of: first) == "overloaded")
        #expect(client.tries(of: second) == links)
    }

    @Test func aStreamThatIsRefusedLetsTheNextGo() {
        var (client, links) = Self.client([record()])
        let stream = client.stream()
        let call = client.call()
        client.refuse(stream, "Overloaded", on: links[0], at: 5)
        #expect(client.ended[stream]?.first??.code == .overloaded)
        #expect(client.tries(of: call) == links)
    }

    @Test func aPlaceIsNotLostToOneThatWaitsForAnotherInstance() {
        var (client, links) = Self.client([record("a"), record("b")])
        let calls = ["a", "b"].map { client.call(.instance(record($0).name)) }
        let picky = client.call(.instance(record("b").name))
        let anywhere = client.call()
        client.answer(calls[0], .ok, on: links[0], at: 5)
        #expect(client.tries(of: picky).isEmpty)
        #expect(client.tries(of: anywhere) == [links[0]])
        client.answer(calls[1], .ok, on: links[1], at: 6)
        #expect(client.tries(of: picky) == [links[1]])
    }

    @Test func aPlaceGoesToNobodyWhoseTimeIsUp() {
        var (client, links) = Self.client([record()])
        var options = CallOptions()
        let first = client.call()
        options.timeout = .milliseconds(5)
        let late = client.call(options: options)
        let next = client.call()
        client.answer(first, .ok, on: links[0], at: 6)
        #expect(client.tries(of: late).isEmpty)
        #expect(client.tries(of: next) == links)
    }

    // MARK: Who no longer waits

    @Test func aCallThatIsGivenUpBeforeItLeftIsTakenBack() {
        var (client, links) = Self.client([record()])
        let call = client.engine.nextIdentifier()
        client.after {
            $0.call(call, CallRequest(.service("s"), "m", arguments: Payload([0x90])), now: .at(5))
            $0.cancel(call, now: .at(5))
        }
        #expect(client.tries(of: call).isEmpty)
        #expect(!client.sent.contains { $0.event.header.responseTo == call })
        #expect(client.end(of: call) == "cancelled")
        let next = client.call(at: 6)
        #expect(client.tries(of: next) == links)
    }

    @Test func aCallThatIsGivenUpBeforeItWasSentSendsNothing() {
        var (client, _) = Self.client([])
        let call = client.call()
        client.after { $0.cancel(call, now: .at(5)) }
        #expect(client.end(of: call) == "cancelled")
        _ = client.connect([record()], at: 10)
        #expect(client.tries(of: call).isEmpty)
        #expect(!client.sent.contains { $0.event.header.responseTo == call })
        #expect(client.end(of: call) == "cancelled")
    }

    @Test func aCallThatIsGivenUpWhileItWaitsTakesNoPlace() {
        var (client, links) = Self.client([record()])
        let first = client.call()
        let givenUp = client.call()
        let last = client.call()
        client.after { $0.cancel(givenUp, now: .at(1)) }
        client.answer(first, .ok, on: links[0], at: 5)
        #expect(client.tries(of: givenUp).isEmpty)
        #expect(client.tries(of: last) == links)
    }
}
