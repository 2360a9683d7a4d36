internal import Logging
internal import Synchronization
internal import Testing

@testable internal import ServiceKit

/// What has to hold before work comes, and what the listener says of it.
@Suite struct ReadinessTests {
    private let readiness = Readiness()

    @Test func itIsReadyWhenNothingIsMissing() {
        #expect(readiness.notReady.isEmpty)
        readiness.set("redis", notReady: "cannot be reached")
        readiness.set("daemon", notReady: "in initial sync")
        readiness.set("redis", notReady: "loading")
        #expect(
            readiness.notReady == [
                .init(name: "daemon", reason: "in initial sync"), .init(name: "redis", reason: "loading"),
            ])
        readiness.setReady("daemon")
        readiness.setReady("redis")
        readiness.setReady("unknown")
        #expect(readiness.notReady.isEmpty)
    }

    @Test func whatIsMissingAndDoesNotMatterIsNamedBeside() {
        readiness.set("mesh", degraded: "the registry is away")
        #expect(readiness.notReady.isEmpty)
        #expect(readiness.degraded == [.init(name: "mesh", reason: "the registry is away")])
        let watchdog = Watchdog(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let answers = HealthAnswers(readiness: readiness, metrics: PrometheusRegistry(), watchdog: watchdog)
        #expect(answers.ready.status == 200)
        #expect(
            answers.ready.body
                == #"{"degraded":[{"name":"mesh","reason":"the registry is away"}],"reasons":[],"status":"ready"}"#
                + "\n")
        readiness.set("mesh", notReady: "gone")
        #expect(readiness.degraded.isEmpty, "one condition is one of the two")
        readiness.setReady("mesh")
        #expect(readiness.notReady.isEmpty && readiness.degraded.isEmpty)
    }

    @Test func theFirstTimeIsToldOnce() {
        let times = Atomic(0)
        readiness.set("a", notReady: "starting")
        readiness.set("b", notReady: "starting")
        readiness.onFirstReady { times.add(1, ordering: .relaxed) }
        readiness.setReady("a")
        #expect(times.load(ordering: .relaxed) == 0)
        readiness.set("b", degraded: "in part")
        #expect(times.load(ordering: .relaxed) == 1)
        readiness.set("b", notReady: "gone")
        readiness.setReady("b")
        #expect(times.load(ordering: .relaxed) == 1)
    }

    @Test func answersSayWhy() {
        let watchdog = Watchdog(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let answers = HealthAnswers(readiness: readiness, metrics: PrometheusRegistry(), watchdog: watchdog)
        #expect(answers.ready.status == 200)
        #expect(answers.ready.body == #"{"reasons":[],"status":"ready"}"# + "\n")
        #expect(answers.alive.body == #"{"reasons":[],"status":"alive"}"# + "\n")
        readiness.set("redis", notReady: "cannot reach \"redis://127.0.0.1:6379\"")
        #expect(answers.ready.status == 503)
        #expect(
            answers.ready.body
                == #"{"reasons":[{"name":"redis","reason":"cannot reach \"redis://127.0.0.1:6379\""}],"status":"not ready"}"#
                + "\n")
        #expect(answers.alive.status == 200, "what is not ready is alive nevertheless")
    }
}
