internal import Foundation
internal import Logging
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import ServiceKit

/// The thread around the decision.
@Suite struct WatchdogTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func aHungLoopIsFoundAndOneThatAnswersIsNot() async throws {
        let hung = Mutex<[String]>([])
        let watchdog = Watchdog(tick: .milliseconds(10), limit: .milliseconds(500), logger: logger) { loop in
            hung.withLock { $0.append(loop) }
        }
        let loop = DispatchQueue(label: "loop")
        watchdog.watch("alive") { answer in loop.async(execute: answer) }
        watchdog.watch("stuck") { _ in }
        watchdog.start()
        watchdog.start()
        defer { watchdog.stop() }
        try await eventually("the stuck loop is found") { hung.withLock { $0.count } > 0 }
        #expect(hung.withLock { Set($0) } == ["stuck"])
        #expect(watchdog.late == ["stuck"])
        watchdog.unwatch("stuck")
        #expect(watchdog.late.isEmpty)
    }

    @Test func aSlowLoopIsAskedAgain() async throws {
        let probes = Mutex(0)
        let ends = Mutex(0)
        let watchdog = Watchdog(tick: .milliseconds(5), limit: .seconds(10), logger: logger) { _ in
            ends.withLock { $0 += 1 }
        }
        let loop = DispatchQueue(label: "loop")
        watchdog.watch("slow") { answer in
            probes.withLock { $0 += 1 }
            loop.asyncAfter(deadline: .now() + .milliseconds(30), execute: answer)
        }
        watchdog.start()
        defer { watchdog.stop() }
        try await eventually("asked again") { probes.withLock { $0 } >= 3 }
        #expect(ends.withLock { $0 } == 0)
    }

    @Test func stoppedItAsksNothingMore() async throws {
        let probes = Mutex(0)
        var watchdog: Watchdog? = Watchdog(tick: .milliseconds(5), limit: .seconds(1), logger: logger) { _ in }
        watchdog?.watch("loop") { answer in
            probes.withLock { $0 += 1 }
            answer()
        }
        watchdog?.start()
        try await eventually("asked") { probes.withLock { $0 } > 1 }
        watchdog?.stop()
        let last = probes.withLock { $0 }
        // Its thread holds on to it for as long as it runs.
        weak let thread = watchdog
        watchdog = nil
        try await eventually("its thread has ended") { thread == nil }
        #expect(probes.withLock { $0 } <= last + 1)
    }
}
