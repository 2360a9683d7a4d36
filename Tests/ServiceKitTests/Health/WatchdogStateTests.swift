internal import Testing

@testable internal import ServiceKit

/// The decision whether a loop hangs, in ticks.
@Suite struct WatchdogStateTests {
    @Test func aLoopThatAnswersIsAskedAgain() {
        var state = WatchdogState(limit: 4)
        state.watch("io")
        for round in 1...100 {
            #expect(state.tick() == [.probe("io", round: round)])
            state.answered("io", round: round)
            #expect(state.late.isEmpty)
        }
    }

    @Test func aLoopThatDoesNotAnswerIsLateAndThenHung() {
        var state = WatchdogState(limit: 4)
        state.watch("io")
        #expect(state.tick() == [.probe("io", round: 1)])
        #expect(state.tick() == [])
        #expect(state.late == [])
        #expect(state.tick() == [.late("io", ticks: 2)])
        #expect(state.late == ["io"])
        #expect(state.tick() == [])
        #expect(state.tick() == [.hung("io", ticks: 4)])
    }

    @Test func anAnswerInTimeClearsIt() {
        var state = WatchdogState(limit: 4)
        state.watch("io")
        for _ in 0..<4 { _ = state.tick() }
        state.answered("io", round: 1)
        #expect(state.late.isEmpty)
        #expect(state.tick() == [.probe("io", round: 2)])
    }

    @Test func anAnswerToAnOlderProbeSaysNothing() {
        var state = WatchdogState(limit: 2)
        state.watch("io")
        _ = state.tick()
        state.answered("io", round: 1)
        #expect(state.tick() == [.probe("io", round: 2)])
        state.answered("io", round: 1)
        state.answered("unknown", round: 1)
        #expect(state.tick() == [.late("io", ticks: 1)])
        #expect(state.tick() == [.hung("io", ticks: 2)])
    }

    @Test func loopsAreWatchedEachByItself() {
        var state = WatchdogState(limit: 2)
        state.watch("b")
        state.watch("a")
        #expect(state.tick() == [.probe("a", round: 1), .probe("b", round: 1)])
        state.answered("a", round: 1)
        #expect(state.tick() == [.probe("a", round: 2), .late("b", ticks: 1)])
        state.unwatch("b")
        #expect(state.tick() == [.late("a", ticks: 1)])
    }
}
