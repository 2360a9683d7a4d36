internal import Stratum
internal import Testing

@testable internal import stratum

@Suite struct ExtranonceSourceTests {
    @Test func aClashDrawsAnew() throws {
        let source = ExtranonceSource(logger: Samples.silent)
        let first = try #require(UInt32(source.announced, radix: 16))
        #expect(source.next().process == first)
        #expect(!source.avoid([first &+ 1]))
        #expect(source.avoid([first, first &+ 1]))
        #expect(source.announced != Samples.hex(first))
        #expect(Samples.hex(source.next().process) == source.announced)
    }

    @Test func itSettlesOnlyOnceTheOthersWereSeen() async {
        let source = ExtranonceSource(logger: Samples.silent)
        #expect(await !source.settled(within: .milliseconds(10)))
    }
}
