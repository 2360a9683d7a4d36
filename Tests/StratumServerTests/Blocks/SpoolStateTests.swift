internal import Testing

@testable internal import stratum

@Suite struct SpoolStateTests {
    private var state = SpoolState()

    @Test mutating func `a block that is on the disk is removed when it is decided`() {
        #expect(state.begin("a") == true)
        #expect(state.begin("a") == false, "it is on its way")
        #expect(state.ended("a", isKept: true) == false)
        #expect(state.begin("a") == false, "it is there")
        #expect(state.decided("a") == true)
    }

    @Test mutating func `one that is decided before it is on the disk is removed by who writes it, and once`() {
        #expect(state.begin("a") == true)
        #expect(state.decided("a") == false, "the removal would come before the file")
        #expect(state.isUnwanted("a"))
        #expect(state.begin("a") == false)
        #expect(state.ended("a", isKept: true) == true)
        #expect(!state.isUnwanted("a"))
    }

    @Test mutating func `what the disk did not take is known, and may be written once more`() {
        #expect(state.begin("a") == true)
        #expect(state.ended("a", isKept: false) == false)
        #expect(state.missing == ["a"])
        #expect(state.begin("a") == true)
        #expect(state.decided("a") == false)
        #expect(state.ended("a", isKept: false) == false, "there is nothing to remove")
        #expect(state.missing.isEmpty)
    }

    @Test mutating func `what an earlier life left is on the disk`() {
        state.found("a")
        #expect(state.begin("a") == false)
        #expect(state.decided("a") == true)
    }
}
