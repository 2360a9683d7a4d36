internal import Mining
internal import Testing

@testable internal import CoinDaemon

@Suite struct TemplateSelectorTests {
    private let c: Candidates
    private var selector: TemplateSelector

    init() throws {
        c = try Candidates()
        selector = Self.selector(settledAt: c.start)
    }

    private static func selector(settledAt: ContinuousClock.Instant) -> TemplateSelector {
        TemplateSelector(policy: MostWorkPolicy(loyalty: .seconds(10)), daemonCount: 3, settledAt: settledAt)
    }

    private mutating func receive(_ candidate: TemplateCandidate, askedAt: Double? = nil) -> TemplateCandidate? {
        selector.received(candidate, askedAt: askedAt.map(c.time) ?? candidate.receivedAt)
    }

    @Test mutating func `a choice is told once`() {
        let first = c.candidate(0, on: "a", work: 10)
        #expect(receive(first) == first)
        #expect(receive(c.candidate(0, on: "a", work: 10, at: 1)) == nil)
        #expect(receive(c.candidate(1, on: "a", work: 10, at: 1)) == nil)
        let more = c.candidate(0, on: "a", work: 10, at: 2, value: 2)
        #expect(receive(more) == more)
    }

    @Test mutating func `an answer that was overtaken changes nothing`() {
        _ = receive(c.candidate(0, on: "b", work: 11, at: 5))
        #expect(receive(c.candidate(0, on: "a", work: 10, at: 6), askedAt: 4) == nil)
        #expect(selector.current?.position.parent == "b")
    }

    @Test mutating func `a daemon that gives less work on a later question has gone back`() {
        _ = receive(c.candidate(0, on: "b", work: 11, at: 5))
        #expect(receive(c.candidate(0, on: "a", work: 10, at: 8), askedAt: 7)?.position.parent == "a")
    }

    @Test mutating func `failover and return`() {
        _ = receive(c.candidate(0, on: "a", work: 10, value: 1))
        #expect(receive(c.candidate(1, on: "a", work: 10, value: 2)) == nil)
        #expect(selector.healthChanged(0, c.unreachable(since: 3), at: c.time(3))?.priority == 1)
        #expect(selector.healthChanged(0, c.unreachable(since: 3), at: c.time(4)) == nil)
        #expect(receive(c.candidate(0, on: "a", work: 10, at: 9, value: 3))?.priority == 0)
    }

    @Test mutating func `time alone ends the loyalty to a lost block`() {
        _ = receive(c.candidate(0, on: "b", work: 11))
        _ = receive(c.candidate(1, on: "a", work: 10))
        #expect(selector.healthChanged(0, c.unreachable(since: 3), at: c.time(3)) == nil)
        #expect(selector.reconsider(at: c.time(12)) == nil)
        #expect(selector.reconsider(at: c.time(13))?.priority == 1)
    }

    @Test mutating func `at the start the quickest waits for those before it to be heard`() {
        selector = Self.selector(settledAt: c.time(1))
        #expect(receive(c.candidate(2, on: "z", work: 99, lineage: "main:11", at: 0.1)) == nil)
        #expect(selector.healthChanged(1, c.unreachable(since: 0.2), at: c.time(0.2)) == nil)
        #expect(receive(c.candidate(0, on: "a", work: 10, at: 0.3))?.priority == 0)
    }

    @Test mutating func `at the start nobody waits for long`() {
        selector = Self.selector(settledAt: c.time(1))
        #expect(receive(c.candidate(1, on: "a", work: 10, at: 0.1)) == nil)
        #expect(selector.reconsider(at: c.time(0.9)) == nil)
        #expect(selector.reconsider(at: c.time(1))?.priority == 1)
    }
}
