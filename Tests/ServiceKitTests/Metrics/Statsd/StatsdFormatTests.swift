internal import Metrics
internal import TestSupport
internal import Testing

@testable internal import ServiceKit

/// From metrics to the lines of statsd.
@Suite struct StatsdFormatTests {
    private let format = StatsdFormat(prefix: ["headframe", "stratum-1"], rate: 1)

    private func lines(_ event: StatsdEvent) -> String? {
        var random = SeededRandom(seed: 1)
        return format.lines("a", event, drawnBy: &random)
    }

    @Test func namesSayWhoseTheyAreAndCarryTheDimensions() {
        #expect(
            format.name("mesh.calls", [("outcome", "ok"), ("method", "jobs.current")])
                == "headframe.stratum-1.mesh.calls.method.jobs_current.outcome.ok")
        #expect(format.timerName("mesh_request_seconds", []) == "headframe.stratum-1.mesh_request")
    }

    @Test(arguments: [
        ("a:b|c@d#e\nf g", "a_b_c_d_e_f_g"), ("ä/", "__"), ("..a..b.", "a.b"), ("", "_"), (".", "_"),
        ("9-lives_", "9-lives_"),
    ])
    func namesAreCleaned(label: String, name: String) {
        #expect(StatsdFormat(prefix: [], rate: 1).name(label, []) == name)
    }

    @Test func valuesOfDimensionsAreCleaned() {
        #expect(StatsdFormat(prefix: [], rate: 1).name("a", [("k", ""), ("l", "x|y:z")]) == "a.k._.l.x_y_z")
    }

    private static let events: [(StatsdEvent, String?)] = [
        (.count(3), "a:3|c"), (.count(.max), "a:9223372036854775807|c"), (.count(0), nil), (.count(-1), nil),
        (.gauge(2.5), "a:2.5|g"), (.gauge(0), "a:0|g"), (.gauge(-2), "a:0|g\na:-2|g"), (.gauge(.nan), nil),
        (.gauge(1e16), "a:10000000000000000.000000000|g"), (.gauge(0.00001), "a:0.000010000|g"),
        (.gauge(-.infinity), nil),
        (.duration(nanoseconds: 2_000_000), "a:2|ms"), (.duration(nanoseconds: 1_250_000), "a:1.25|ms"),
        (.duration(nanoseconds: 1), "a:0.000001|ms"), (.duration(nanoseconds: -5), "a:0|ms"),
        (.sample(7), "a:7|ms"), (.sample(0.125), "a:0.125|ms"), (.sample(.infinity), nil),
    ]

    @Test(arguments: events)
    func eventsBecomeLines(event: StatsdEvent, line: String?) {
        #expect(lines(event) == line)
    }

    @Test func whatIsSampledSaysSoAndIsTheShareThatWasAskedFor() throws {
        let format = StatsdFormat(prefix: [], rate: 0.1)
        var random = SeededRandom(seed: 7)
        let counts = (0..<10_000).compactMap { _ in format.lines("a", .count(2), drawnBy: &random) }
        #expect((900...1100).contains(counts.count) && Set(counts) == ["a:2|c|@0.1"])
        let durations = (0..<10_000).compactMap { _ in
            format.lines("a", .duration(nanoseconds: 5_000_000), drawnBy: &random)
        }
        #expect((900...1100).contains(durations.count) && Set(durations) == ["a:5|ms|@0.1"])
        let gauges = (0..<100).compactMap { _ in format.lines("a", .gauge(1), drawnBy: &random) }
        #expect(gauges.count == 100 && Set(gauges) == ["a:1|g"])
    }

    // MARK: As a backend of swift-metrics

    @Test func everyKindOfMetricIsSent() {
        let sent = CollectedLines()
        let factory = StatsdFactory(StatsdFormat(prefix: ["p"], rate: 1), send: sent.append)
        Counter(label: "calls", dimensions: [("outcome", "ok")], factory: factory).increment(by: 2)
        Gauge(label: "peers", factory: factory).record(-2.5)
        Recorder(label: "size", factory: factory).record(12)
        Metrics.Timer(label: "wait_seconds", factory: factory).recordNanoseconds(1_500_000)
        let fractions = FloatingPointCounter(label: "work", factory: factory)
        for _ in 0..<5 { fractions.increment(by: 0.5) }
        #expect(
            sent.all == [
                "p.calls.outcome.ok:2|c", "p.peers:0|g\np.peers:-2.5|g", "p.size:12|ms", "p.wait:1.5|ms", "p.work:1|c",
                "p.work:1|c",
            ])
    }

    @Test func metersOfOneNameChangeOneNumber() {
        let sent = CollectedLines()
        let factory = StatsdFactory(StatsdFormat(prefix: [], rate: 1), maximumGauges: 1, send: sent.append)
        let first = Meter(label: "depth", factory: factory)
        first.increment(by: 3)
        Meter(label: "depth", factory: factory).decrement(by: 1)
        Meter(label: "beyond.the.limit", factory: factory).set(1)
        first.destroy()
        Meter(label: "other", factory: factory).increment(by: 5)
        #expect(sent.all == ["depth:3|g", "depth:2|g", "other:5|g"])
    }
}
