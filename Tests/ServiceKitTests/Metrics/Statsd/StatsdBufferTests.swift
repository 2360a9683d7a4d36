internal import TestSupport
internal import Testing

@testable internal import ServiceKit

/// How lines are packed, kept and given up, and when a server is looked up; in virtual time.
@Suite struct StatsdBufferTests {
    private func text(_ datagram: StatsdDatagram) -> String { String(decoding: datagram.bytes, as: UTF8.self) }

    @Test func linesTravelTogetherAfterAShortWait() {
        var buffer = StatsdBuffer()
        #expect(buffer.isEmpty && buffer.due == nil)
        // Only the first line needs to wake anybody.
        #expect(buffer.add("a:1|c", at: .milliseconds(50)) == true)
        #expect(buffer.add("b:1|c", at: .milliseconds(120)) == false)
        #expect(buffer.due == .milliseconds(150))
        #expect(buffer.take(at: .milliseconds(149)) == [])
        let taken = buffer.take(at: .milliseconds(150))
        #expect(taken.map(text) == ["a:1|c\nb:1|c"])
        #expect(buffer.isEmpty)
        #expect(buffer.take(at: .seconds(1)) == [])
    }

    @Test func aFullDatagramDoesNotWait() {
        var buffer = StatsdBuffer()
        let line = String(repeating: "a", count: 711) + ":1|c"
        let exact = line + "x"
        #expect(buffer.add(line, at: .zero) == true)
        #expect(buffer.add(exact, at: .zero) == false)
        #expect(buffer.take(at: .zero) == [], "715 bytes, a line end and 716 bytes fit exactly")
        #expect(buffer.add("b:1|c", at: .milliseconds(1)) == true)
        #expect(buffer.due == .zero)
        let full = buffer.take(at: .milliseconds(1))
        #expect(full.map(\.bytes.count) == [StatsdBuffer.datagramBytes] && full.map(\.events) == [2])
        #expect(buffer.due == .milliseconds(101))
        let rest = buffer.take(at: .milliseconds(2), all: true)
        #expect(rest.map(text) == ["b:1|c"])
    }

    @Test func theLinesOfOneEventStayTogether() {
        var buffer = StatsdBuffer()
        let first = String(repeating: "a", count: 1420)
        _ = buffer.add(first, at: .zero)
        _ = buffer.add("g:0|g\ng:-5|g", at: .zero)
        let taken = buffer.take(at: .zero, all: true)
        #expect(taken.map(text) == [first, "g:0|g\ng:-5|g"])
    }

    @Test func whatIsTooLongIsCountedAsLost() {
        var buffer = StatsdBuffer()
        #expect(buffer.add(String(repeating: "a", count: StatsdBuffer.datagramBytes + 1), at: .zero) == false)
        #expect(buffer.isEmpty && buffer.dropped == 1)
        #expect(buffer.add(String(repeating: "a", count: StatsdBuffer.datagramBytes), at: .zero) == true)
    }

    @Test func theOldestIsLostWhenNothingIsTaken() {
        var buffer = StatsdBuffer(limit: 2)
        for number in 0..<5 { _ = buffer.add("\(number)" + String(repeating: "a", count: 1000), at: .zero) }
        let full = buffer.take(at: .zero)
        #expect(full.map { text($0).first } == ["2", "3"])
        #expect(buffer.dropped == 2)
        let rest = buffer.take(at: .zero, all: true)
        #expect(rest.map { text($0).first } == ["4"])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func nothingIsLostOrTornWhateverTheSizes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var buffer = StatsdBuffer(limit: 10_000)
        var given: [String] = []
        var taken: [StatsdDatagram] = []
        var now = Duration.zero
        for number in 0..<2000 {
            now += .milliseconds(Int.random(in: 0...5, using: &random))
            let line = "\(number)." + String(repeating: "x", count: .random(in: 0...600, using: &random))
            given.append(line)
            _ = buffer.add(line, at: now)
            if Int.random(in: 0..<20, using: &random) == 0 { taken += buffer.take(at: now) }
        }
        taken += buffer.take(at: now, all: true)
        #expect(taken.flatMap { text($0).split(separator: "\n").map(String.init) } == given, "seed \(seed)")
        #expect(taken.allSatisfy { $0.bytes.count <= StatsdBuffer.datagramBytes } && buffer.dropped == 0)
        #expect(taken.map(\.events).reduce(0, +) == given.count)
    }

    // MARK: The server's address

    @Test func lookupsBackOffAndARenewalIsRoutine() {
        var random = SeededRandom(seed: 3)
        var link = StatsdLink()
        var now = Duration.zero
        for backoff in [1, 2, 4, 8, 16, 30, 30] as [Double] {
            link.lookupFailed(at: now, using: &random)
            let pause = link.nextLookup - now
            #expect(pause >= .seconds(backoff / 2) && pause <= .seconds(backoff))
            now = link.nextLookup
        }
        link.found(at: now)
        #expect(link.nextLookup == now + StatsdLink.renewal)
    }

    @Test func aFailedSendingBringsTheNextLookupForwardOnce() {
        var random = SeededRandom(seed: 3)
        var link = StatsdLink()
        link.found(at: .zero)
        link.sendFailed(at: .seconds(10), using: &random)
        let next = link.nextLookup
        #expect(next > .seconds(10) && next <= .seconds(11))
        link.sendFailed(at: .seconds(10.2), using: &random)
        #expect(link.nextLookup == next)
        // The same failures after a lookup that helped nothing are answered ever more slowly.
        link.found(at: next)
        link.sendFailed(at: next, using: &random)
        #expect(link.nextLookup - next >= .seconds(1))
        // A time without failures ends that.
        link.found(at: .seconds(20))
        link.found(at: .seconds(320))
        link.sendFailed(at: .seconds(330), using: &random)
        #expect(link.nextLookup <= .seconds(331))
    }

    @Test func lossesAreReportedAtOnceAndThenOnceAMinute() {
        var losses = StatsdLosses()
        #expect(losses.report(0, at: .zero) == nil)
        #expect(losses.report(3, at: .seconds(5)) == 3)
        #expect(losses.report(3, at: .seconds(6)) == nil)
        #expect(losses.due(3) == nil)
        #expect(losses.report(10, at: .seconds(64)) == nil)
        #expect(losses.due(10) == .seconds(65))
        #expect(losses.report(12, at: .seconds(65)) == 9)
    }
}
