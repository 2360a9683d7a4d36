internal import TestSupport
internal import Testing

@testable internal import Stratum

@Suite struct ExtranoncesTests {
    @Test func eachIsAnother() {
        var random = SeededRandom(seed: 1)
        var extranonces = Extranonces(using: &random)
        let drawn = (0..<1000).compactMap { _ in extranonces.next() }
        #expect(Set(drawn).count == 1000)
        #expect(Set(drawn.map(\.process)) == [extranonces.process])
    }

    @Test func readsWhatItWrites() {
        let extranonce = Extranonce1(process: 0x0a0b_0c0d, connection: 0xff01)
        #expect(extranonce.hex == "0a0b0c0d0000ff01")
        #expect(extranonce.bytes == [0x0a, 0x0b, 0x0c, 0x0d, 0, 0, 0xff, 1])
        #expect(Extranonce1(hex: "0A0B0C0D0000FF01") == extranonce)
        #expect(Extranonce1(hex: "0a0b0c0d0000ff") == nil && Extranonce1(hex: "0a0b0c0d0000ff0x") == nil)
    }

    @Test func theCounterEnds() {
        var extranonces = Extranonces(process: 7, connection: .max)
        #expect(extranonces.next() == Extranonce1(process: 7, connection: .max))
        #expect(extranonces.next() == nil)
        var random = SeededRandom(seed: 1)
        extranonces.redraw(avoiding: [], using: &random)
        #expect(extranonces.process != 7)
        #expect(extranonces.next()?.connection == 0)
    }

    /// Counts up, so that what is to be avoided comes next.
    private struct Counting: RandomNumberGenerator {
        var value: UInt64 = 0
        mutating func next() -> UInt64 {
            value += 1
            // The high and the low half: whichever is taken.
            return value << 32 | value
        }
    }

    @Test func aClashIsAvoided() {
        var random = Counting()
        var extranonces = Extranonces(using: &random)
        #expect(extranonces.process == 1)
        extranonces.redraw(avoiding: [2, 3], using: &random)
        #expect(extranonces.process == 4)
        random.value = 0
        extranonces.redraw(avoiding: [2], using: &random)
        #expect(extranonces.process == 3)
    }
}
