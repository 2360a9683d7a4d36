internal import Testing

@testable internal import ServiceKit

/// The decision how a process ends.
@Suite struct ShutdownStateTests {
    private static let interrupt: Int32 = 2
    private static let terminate: Int32 = 15
    private var state = ShutdownState(drainBudget: .seconds(20))

    @Test mutating func theFirstSignalDrains() {
        #expect(state.isRunning)
        #expect(state.received(Self.terminate, at: .seconds(100)) == .drain(deadline: .seconds(120)))
        #expect(!state.isRunning)
    }

    @Test(arguments: [Self.terminate, Self.interrupt])
    func theSecondSignalExitsAtOnce(signal: Int32) {
        var state = state
        _ = state.received(signal, at: .seconds(100))
        #expect(state.received(signal, at: .seconds(100)) == .exit(ExitCode(rawValue: 128 + signal)))
    }

    @Test mutating func bothSignalsTogetherAreOneWish() {
        _ = state.received(Self.interrupt, at: .seconds(100))
        #expect(state.received(Self.terminate, at: .milliseconds(100_999)) == .none)
        #expect(state.received(Self.terminate, at: .seconds(101)) == .exit(.interrupted(by: Self.terminate)))
    }

    @Test mutating func theEndOfTheBudgetExits() {
        _ = state.received(Self.terminate, at: .seconds(100))
        #expect(state.deadlinePassed(at: .milliseconds(119_999)) == .none)
        #expect(state.deadlinePassed(at: .seconds(120)) == .exit(.drainBudgetSpent))
    }

    @Test mutating func aFailureGivesTheOthersALittleTime() {
        #expect(state.failed(.unavailable, at: .seconds(100)) == .wait(deadline: .seconds(105)))
        #expect(!state.isRunning)
        #expect(state.failed(.internalError, at: .seconds(101)) == .none, "the first failure is the reason")
        #expect(state.deadlinePassed(at: .seconds(104)) == .none)
        #expect(state.deadlinePassed(at: .seconds(105)) == .exit(.unavailable))
        #expect(state.received(Self.terminate, at: .seconds(101)) == .exit(.unavailable))
    }

    @Test mutating func aFailureWhileDrainingNeverProlongsTheBudget() {
        _ = state.received(Self.terminate, at: .seconds(100))
        #expect(state.failed(.fenced, at: .seconds(118)) == .wait(deadline: .seconds(120)))
        #expect(state.deadlinePassed(at: .seconds(120)) == .exit(.fenced))
    }

    @Test mutating func withoutABudgetThereIsNoDrain() {
        state = ShutdownState(drainBudget: .zero)
        #expect(state.received(Self.terminate, at: .seconds(1)) == .drain(deadline: .seconds(1)))
        #expect(state.deadlinePassed(at: .seconds(1)) == .exit(.drainBudgetSpent))
    }

    @Test mutating func aDeadlineOfNothingIsNothing() {
        #expect(state.deadlinePassed(at: .seconds(1)) == .none)
    }
}
