internal import Logging
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import ServiceKit

/// The thread and the clock around the decision, without signals of the operating system.
@Suite struct ShutdownTrapTests {
    private final class Exits: Sendable {
        private let codes = Mutex<[ExitCode]>([])
        var all: [ExitCode] { codes.withLock { $0 } }
        @Sendable func append(_ code: ExitCode) { codes.withLock { $0.append(code) } }
    }

    private let readiness = Readiness()
    private let exits = Exits()

    private func trap(budget: Duration) -> ShutdownTrap {
        readiness.set(ShutdownTrap.condition, notReady: "starting")
        return ShutdownTrap(
            drainBudget: budget, readiness: readiness, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            exit: exits.append)
    }

    @Test func itIsReadyWhileItRunsAndDrainingAfterASignal() async throws {
        let trap = trap(budget: .seconds(60))
        #expect(readiness.notReady.map(\.reason) == ["starting"])
        async let run: Void = trap.run()
        try await eventually("ready") { readiness.notReady.isEmpty }
        trap.received(15)
        try await run
        #expect(readiness.notReady == [.init(name: "lifecycle", reason: "draining")])
        #expect(exits.all.isEmpty)
        trap.received(15)
        #expect(exits.all == [.interrupted(by: 15)])
    }

    @Test func aSignalBeforeTheStartIsObeyed() async throws {
        let trap = trap(budget: .seconds(60))
        trap.received(15)
        try await trap.run()
        #expect(readiness.notReady.map(\.reason) == ["draining"], "it never says ready")
    }

    @Test func theBudgetEndsByItself() async throws {
        let trap = trap(budget: .milliseconds(50))
        trap.received(2)
        try await eventually("the exit") { exits.all == [.drainBudgetSpent] }
    }

    @Test func aFailureMakesItNotReady() {
        trap(budget: .seconds(60)).failed(ServiceKitError(.fenced, "x"))
        #expect(readiness.notReady.map(\.reason) == ["a service of this process failed"])
    }
}
