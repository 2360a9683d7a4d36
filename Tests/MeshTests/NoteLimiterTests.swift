internal import Testing

@testable internal import Mesh

/// How often a log line of a kind is let through.
@Suite struct NoteLimiterTests {
    private static let minute = Duration.seconds(60)
    private var notes = NoteLimiter()

    @Test mutating func theFirstIsSaidAndTheNextWithHowManyThereWereMeanwhile() {
        #expect(notes.admit("a", every: Self.minute, now: .at(0)) == 0)
        for attempt in Int64(1)...29 {
            #expect(notes.admit("a", every: Self.minute, now: .at(attempt * 2000)) == nil)
        }
        #expect(notes.admit("a", every: Self.minute, now: .at(60000)) == 29)
        #expect(notes.admit("a", every: Self.minute, now: .at(60001)) == nil)
        #expect(notes.admit("a", every: Self.minute, now: .at(120_000)) == 1)
    }

    @Test mutating func kindsAreKeptApart() {
        #expect(notes.admit("a", every: Self.minute, now: .at(0)) == 0)
        #expect(notes.admit("b", every: .seconds(10), now: .at(1)) == 0)
        #expect(notes.admit("a", every: Self.minute, now: .at(11000)) == nil)
        #expect(notes.admit("b", every: .seconds(10), now: .at(11000)) == 0)
    }

    @Test mutating func kindsThatComeNoMoreAreForgotten() {
        #expect(notes.admit("lasting", every: .seconds(3600), now: .at(0)) == 0)
        for number in 0..<Int64(10000) {
            #expect(notes.admit("\(number)", every: .milliseconds(10), now: .at(number)) == 0)
            #expect(notes.count <= NoteLimiter.capacity)
        }
        #expect(notes.admit("lasting", every: .seconds(3600), now: .at(10000)) == nil)
    }
}
