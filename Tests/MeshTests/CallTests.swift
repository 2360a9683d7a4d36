internal import Testing

@testable internal import Mesh

/// Calls as the client decides them: deadlines, retries, refusals, bounds.
@Suite struct CallTests {
    private let idempotent = CallOptions(isIdempotent: true)

    @Test func aCallIsAnswered() {
        var client = Client()
        let link = client.connect([record()])[0]
        let call = client.call()
        #expect(client.tries(of: call) == [link])
        client.answer(call, .ok, on: link, at: 5)
        #expect(client.end(of: call) == "ok")
        #expect(client.engine.heldCount == 1)
    }

    @Test func theDeadlineTravelsAsWhatRemainsOfIt() {
        var client = Client()
        let waiting = client.call(options: CallOptions(timeout: .milliseconds(1500)), at: 0)
        _ = client.connect([record()], at: 400)
        let request = client.sent.first { $0.identifier == waiting }
        #expect(request?.event.header.remainingMilliseconds == 1100)
    }

    @Test func aCallThatWasSentEndsAtItsDeadlineAndTheHandlerIsTold() {
        var client = Client()
        let link = client.connect([record()])[0]
        let call = client.call(options: CallOptions(timeout: .milliseconds(300)))
        client.after { $0.tick(now: .at(299)) }
        #expect(client.end(of: call) == nil)
        client.after { $0.tick(now: .at(300)) }
        #expect(client.end(of: call) == "deadlineExceeded")
        #expect(
            client.sent.contains { $0.link == link && $0.event.name == .cancel && $0.event.header.responseTo == call })
    }

    @Test func aCallThatNobodyTookDidNotRun() {
        var client = Client()
        let call = client.call(options: CallOptions(timeout: .milliseconds(300)))
        client.after { $0.tick(now: .at(300)) }
        #expect(client.end(of: call) == "unavailable")
    }

    @Test func aCallerThatGivesUpTellsTheHandler() {
        var client = Client()
        _ = client.connect([record()])
        let call = client.call()
        client.after { $0.cancel(call, now: .at(10)) }
        #expect(client.end(of: call) == "cancelled")
        #expect(client.sent.last?.event.name == .cancel)
        #expect(client.sent.last?.event.header.responseTo == call)
    }

    @Test func aCallThatFailsFastDoesNotWait() {
        var client = Client()
        let call = client.call(options: CallOptions(failsFast: true))
        #expect(client.end(of: call) == "unavailable")
    }

    // MARK: A connection that breaks

    @Test func aLostCallIsTriedAgainOnlyIfItMayRunTwice() {
        var client = Client()
        let links = client.connect([record("a"), record("b")])
        let calls = (0..<6).map { client.call(options: CallOptions(isIdempotent: $0 % 2 == 0)) }
        client.after { $0.link(links[0], .disconnected, now: .at(10)) }
        for (number, call) in calls.enumerated() where client.tries(of: call).first == links[0] {
            #expect(client.end(of: call) == (number % 2 == 0 ? nil : "connectionLost"))
            #expect(client.tries(of: call) == (number % 2 == 0 ? links : [links[0]]))
        }
        #expect(calls.contains { client.tries(of: $0).first == links[0] })
    }

    @Test func theSecondTrySaysSo() {
        var client = Client()
        let links = client.connect([record("a"), record("b")])
        let call = client.call(options: idempotent)
        let first = client.tries(of: call)[0]
        client.after { $0.link(first, .disconnected, now: .at(10)) }
        #expect(client.tries(of: call).count == 2)
        #expect(client.sent.last { $0.identifier == call }?.event.header.attempt == 2)
        #expect(links.contains(client.tries(of: call)[1]))
    }

    @Test func retriesHaveABudget() {
        var client = Client()
        let links = client.connect([record("a"), record("b")])
        let calls = (0..<40).map { _ in client.call(options: idempotent) }
        client.after { $0.link(links[0], .disconnected, now: .at(10)) }
        client.after { $0.link(links[1], .disconnected, now: .at(10)) }
        // Ten had gathered; the rest of the calls end, and none says that it did not run.
        #expect(calls.count { client.end(of: $0) == nil } <= 10)
        #expect(calls.count { client.end(of: $0) == "connectionLost" } >= 30)
    }

    @Test func aCallThatMayHaveRunNeverSaysThatItDidNot() {
        var client = Client()
        let link = client.connect([record()])[0]
        let call = client.call(options: CallOptions(timeout: .milliseconds(300), isIdempotent: true))
        client.after { $0.link(link, .disconnected, now: .at(10)) }
        #expect(client.end(of: call) == nil)
        client.after { $0.tick(now: .at(300)) }
        #expect(client.end(of: call) == "connectionLost")
    }

    // MARK: Refusals

    @Test(arguments: ["Draining", "Overloaded"]) func aRefusalIsTakenElsewhereAtOnce(_ refusal: String) {
        var client = Client()
        let links = client.connect([record("a"), record("b")])
        let call = client.call()
        let first = client.tries(of: call)[0]
        client.refuse(call, refusal, on: first, at: 5)
        #expect(client.end(of: call) == nil)
        #expect(Set(client.tries(of: call)) == Set(links))
    }

    @Test func whenEverybodyIsOverloadedTheCallEnds() {
        var client = Client()
        _ = client.connect([record("a"), record("b")])
        let call = client.call()
        for _ in 0..<2 { client.refuse(call, "Overloaded", on: client.tries(of: call).last!, at: 5) }
        #expect(client.end(of: call) == "overloaded")
    }

    @Test func aCallForOneLifeAloneIsNotTakenElsewhere() {
        var client = Client()
        let link = client.connect([record()])[0]
        let call = client.call(.instance(record().name), options: CallOptions(expectedEpoch: 9))
        #expect(client.sent.last?.event.header.expectedEpoch == 9)
        client.refuse(call, "WrongEpoch", on: link, at: 5)
        #expect(client.end(of: call) == "wrongEpoch")
    }

    @Test func whatTheTransportRefusedIsTriedAgainWhenThePeerIsBack() {
        var client = Client()
        let link = client.connect([record()])[0]
        let call = client.call(at: 10)
        client.after { $0.undeliverable(call, on: link, now: .at(10)) }
        client.after { $0.link(link, .disconnected, now: .at(11)) }
        client.clearSent()
        client.bringUp(link, at: 50)
        #expect(client.tries(of: call) == [link])
        client.answer(call, .ok, on: link, at: 60)
        #expect(client.end(of: call) == "ok")
    }

    @Test func anAnswerFromSomebodyElseIsNoAnswer() {
        var client = Client()
        let links = client.connect([record("a"), record("b")])
        let call = client.call()
        let other = links.first { $0 != client.tries(of: call)[0] }!
        client.answer(call, .ok, on: other, at: 5)
        #expect(client.end(of: call) == nil)
    }

    @Test func aCallToALifeThatWasReplacedIsLostWithIt() {
        var client = Client()
        let link = client.connect([record()])[0]
        let call = client.call()
        client.after { $0.registry(.updated(record(epoch: 11)), now: .at(5)) }
        #expect(client.closed == [link])
        #expect(client.end(of: call) == "connectionLost")
        client.answer(call, .ok, on: link, at: 6)
        #expect(client.end(of: call) == "connectionLost")
    }

    // MARK: Bounds

    @Test func callsInFlightAreBoundedAndTheRestWait() {
        var limits = Limits()
        limits.callsInFlightPerInstance = 2
        limits.callsWaitingPerService = 3
        var client = Client(limits: limits)
        let link = client.connect([record()])[0]
        let calls = (0..<6).map { _ in client.call() }
        #expect(calls.map { client.tries(of: $0).count } == [1, 1, 0, 0, 0, 0])
        #expect(client.end(of: calls[5]) == "overloaded")
        client.answer(calls[0], .ok, on: link, at: 5)
        #expect(client.tries(of: calls[2]) == [link])
        #expect(client.tries(of: calls[3]).isEmpty)
    }

    @Test func aMessageThatIsTooLargeIsNotSent() {
        var limits = Limits()
        limits.messageBytes = 30
        var client = Client(limits: limits)
        _ = client.connect([record()])
        let call = client.call()
        #expect(client.end(of: call) == "badArguments")
    }

    /// Deadlines of finished calls are swept out now and then; that of the call that is being begun must not go with them.
    @Test func everyCallOfManyHasItsDeadline() {
        var client = Client()
        let links = client.connect([record()])
        var last: [MessageID] = []
        for number in 0..<6000 {
            let call = client.call()
            last.append(call)
            // Four unanswered ones are held at a time.
            if number >= 4 { client.answer(last[number - 4], .ok, on: links[0], at: 0) }
        }
        client.after { $0.tick(now: .at(60_000)) }
        client.after { $0.tick(now: .at(120_000)) }
        #expect(last.suffix(4).allSatisfy { client.end(of: $0) == "deadlineExceeded" })
        #expect(last.allSatisfy { client.finished[$0]?.count == 1 })
    }

    /// The same with a sweep at each number of calls that are held.
    @Test(arguments: [1000, 1021, 1022, 1023, 1024, 1025, 1100])
    func theCallAfterSoManyHasItsDeadline(count: Int) {
        var client = Client()
        let links = client.connect([record()])
        for _ in 0..<count { client.answer(client.call(), .ok, on: links[0], at: 0) }
        let call = client.call()
        client.after { $0.tick(now: .at(60_000)) }
        client.after { $0.tick(now: .at(120_000)) }
        #expect(client.end(of: call) == "deadlineExceeded")
    }
}
