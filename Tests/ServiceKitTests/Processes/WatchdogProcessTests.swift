internal import Foundation
internal import Logging
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import ServiceKit

extension ProcessTests {
    @Test func aHungLoopEndsTheProcess() async {
        let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
            let logger = Logger(label: "sample-1") { ServiceLogHandler(label: $0) }
            let watchdog = Watchdog(tick: .milliseconds(10), limit: .milliseconds(100), logger: logger)
            watchdog.watch("the I/O loop") { _ in }
            watchdog.start()
            // The process waits for its end.
            try await Task.sleep(for: .seconds(30))
        }
        let text = errors(of: result)
        #expect(text.contains(#"WARNING  sample-1: a loop is late loop="the I/O loop" unanswered=50ms"#))
        #expect(text.contains(#"a loop hangs; ending the process loop="the I/O loop" unanswered=100ms"#))
    }

    /// Stopped for five times the limit: by the clock every loop is overdue, by the watchdog's own ticks none is.
    @Test func aContinuedProcessIsNotTakenForHung() async {
        await #expect(processExitsWith: .exitCode(42)) {
            let logger = Logger(label: "sample-1") { _ in SwiftLogNoOpLogHandler() }
            let watchdog = Watchdog(tick: .milliseconds(20), limit: .milliseconds(300), logger: logger)
            let loop = DispatchQueue(label: "loop")
            let answers = Mutex(0)
            watchdog.watch("loop") { answer in
                // Slow, so that a probe is unanswered when the process is stopped.
                loop.asyncAfter(deadline: .now() + .milliseconds(100)) {
                    answer()
                    answers.withLock { $0 += 1 }
                }
            }
            watchdog.start()
            try await eventually("answers") { answers.withLock { $0 } > 2 }
            let start = ContinuousClock.now
            let stopper = try ChildProcess.start(
                "/bin/sh", ["-c", "kill -STOP \(getpid()); sleep 1.5; kill -CONT \(getpid())"])
            try await stopper.waitForExit()
            guard ContinuousClock.now - start > .milliseconds(1400) else { exit(1) }
            let before = answers.withLock { $0 }
            try await eventually("answers after the stop") { answers.withLock { $0 } > before + 3 }
            exit(42)
        }
    }
}
