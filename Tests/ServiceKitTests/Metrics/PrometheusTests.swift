internal import Metrics
internal import Synchronization
internal import Testing

@testable internal import ServiceKit

/// The backend of swift-metrics and the text that Prometheus reads.
@Suite struct PrometheusTests {
    private final class ManualTime: Sendable {
        private let time = Mutex(Duration.zero)
        @Sendable func now() -> Duration { time.withLock { $0 } }
        func advance(_ duration: Duration) { time.withLock { $0 += duration } }
    }

    private let time = ManualTime()
    private let registry: PrometheusRegistry

    init() {
        registry = PrometheusRegistry(maximumSeries: 5, now: time.now)
    }

    /// The lines of one family.
    private func lines(_ name: String) -> [Substring] {
        registry.text().split(separator: "\n").filter { $0.hasPrefix(name) || $0.hasPrefix("# TYPE \(name) ") }
    }

    @Test func countersGaugesAndTheirLabels() {
        Counter(label: "mesh.calls", dimensions: [("method", "b"), ("outcome", "ok")], factory: registry).increment()
        Counter(label: "mesh.calls", dimensions: [("outcome", "ok"), ("method", "b")], factory: registry).increment(
            by: 2)
        Counter(label: "mesh.calls", dimensions: [("outcome", "ok"), ("method", "a")], factory: registry).increment()
        Gauge(label: "peers", factory: registry).record(2.5)
        let meter = Meter(label: "queue-depth", factory: registry)
        meter.set(5)
        meter.decrement(by: 2)
        #expect(
            registry.text() == """
                # HELP headframe_metrics_rejected_total Metrics that record nothing: too many series, or one name for two kinds
                # TYPE headframe_metrics_rejected_total counter
                headframe_metrics_rejected_total{reason="kind"} 0
                headframe_metrics_rejected_total{reason="limit"} 0
                # TYPE mesh_calls counter
                mesh_calls{method="a",outcome="ok"} 1
                mesh_calls{method="b",outcome="ok"} 3
                # TYPE peers gauge
                peers 2.5
                # TYPE queue_depth gauge
                queue_depth 3

                """)
    }

    @Test func countersOnlyGrow() {
        let counter = registry.makeCounter(label: "c", dimensions: [])
        counter.increment(by: 5)
        counter.increment(by: -3)
        registry.makeFloatingPointCounter(label: "c", dimensions: []).increment(by: 0.5)
        registry.makeFloatingPointCounter(label: "c", dimensions: []).increment(by: -.infinity)
        #expect(lines("c") == ["# TYPE c counter", "c 5.5"])
        counter.reset()
        #expect(lines("c") == ["# TYPE c counter", "c 0"])
    }

    @Test func largeCountsAreExactAndDoNotTurnNegative() {
        let counter = registry.makeCounter(label: "c", dimensions: [])
        counter.increment(by: 1 << 53)
        counter.increment(by: 1)
        #expect(lines("c").last == "c 9007199254740993")
        counter.increment(by: .max)
        #expect(lines("c").last == "c 9223372036854775807")
    }

    @Test func namesAreCleaned() {
        #expect(MetricName.metric("mesh.calls-total") == "mesh_calls_total")
        #expect(MetricName.metric("a:b") == "a:b" && MetricName.label("a:b") == "a_b")
        #expect(
            MetricName.metric("9lives") == "_9lives" && MetricName.metric("") == "_" && MetricName.metric("ä") == "_")
    }

    @Test func textIsEscaped() {
        let family = MetricFamily(
            name: "m", kind: .gauge, help: "one\ntwo \\ \"three\"",
            series: [(MetricLabels([("l", "one\ntwo \\ \"three\"")]), .gauge(1))])
        #expect(
            PrometheusText.render([family])
                == #"# HELP m one\ntwo \\ "three""# + "\n# TYPE m gauge\n" + #"m{l="one\ntwo \\ \"three\""} 1"# + "\n")
    }

    @Test func specialNumbers() {
        func text(_ value: Double) -> Substring? {
            PrometheusText.render([
                MetricFamily(name: "m", kind: .gauge, series: [(MetricLabels([]), .gauge(value))])
            ]).split(separator: "\n").last
        }
        #expect(text(.nan) == "m NaN" && text(.infinity) == "m +Inf" && text(-.infinity) == "m -Inf")
        #expect(text(-3) == "m -3" && text(1e300) == "m 1e+300" && text(0.1) == "m 0.1")
    }

    // MARK: Bounds

    @Test func theNumberOfSeriesIsBounded() {
        for number in 0..<8 {
            Counter(label: "c", dimensions: [("id", "\(number)")], factory: registry).increment()
        }
        #expect(lines("c").count == 1 + 5)
        #expect(registry.text().contains(#"headframe_metrics_rejected_total{reason="limit"} 3"#))
        // What is known goes on, and what is destroyed makes room.
        let known = Counter(label: "c", dimensions: [("id", "0")], factory: registry)
        known.increment()
        #expect(lines("c").contains(#"c{id="0"} 2"#))
        known.destroy()
        Counter(label: "c", dimensions: [("id", "9")], factory: registry).increment()
        #expect(!lines("c").contains { $0.contains(#"id="0""#) } && lines("c").contains(#"c{id="9"} 1"#))
    }

    @Test func oneNameHasOneKind() {
        Counter(label: "x", factory: registry).increment()
        Gauge(label: "x", factory: registry).record(7)
        #expect(lines("x") == ["# TYPE x counter", "x 1"])
        #expect(registry.text().contains(#"headframe_metrics_rejected_total{reason="kind"} 1"#))
    }

    // MARK: Histograms and summaries

    @Test func timersAreHistogramsInSeconds() {
        let timer = Timer(label: "mesh.call", dimensions: [("method", "m")], factory: registry)
        for milliseconds in 1...1000 { timer.recordMilliseconds(milliseconds) }
        timer.recordNanoseconds(250_000)
        timer.recordNanoseconds(-1)
        timer.recordSeconds(11)
        #expect(
            lines("mesh_call_seconds") == [
                "# TYPE mesh_call_seconds histogram",
                #"mesh_call_seconds_bucket{method="m",le="0.00025"} 2"#,
                #"mesh_call_seconds_bucket{method="m",le="0.0005"} 2"#,
                #"mesh_call_seconds_bucket{method="m",le="0.001"} 3"#,
                #"mesh_call_seconds_bucket{method="m",le="0.0025"} 4"#,
                #"mesh_call_seconds_bucket{method="m",le="0.005"} 7"#,
                #"mesh_call_seconds_bucket{method="m",le="0.01"} 12"#,
                #"mesh_call_seconds_bucket{method="m",le="0.025"} 27"#,
                #"mesh_call_seconds_bucket{method="m",le="0.05"} 52"#,
                #"mesh_call_seconds_bucket{method="m",le="0.1"} 102"#,
                #"mesh_call_seconds_bucket{method="m",le="0.25"} 252"#,
                #"mesh_call_seconds_bucket{method="m",le="0.5"} 502"#,
                #"mesh_call_seconds_bucket{method="m",le="1"} 1002"#,
                #"mesh_call_seconds_bucket{method="m",le="2.5"} 1002"#,
                #"mesh_call_seconds_bucket{method="m",le="5"} 1002"#,
                #"mesh_call_seconds_bucket{method="m",le="10"} 1002"#,
                #"mesh_call_seconds_bucket{method="m",le="+Inf"} 1003"#,
                #"mesh_call_seconds_sum{method="m"} 511.50025"#,
                #"mesh_call_seconds_count{method="m"} 1003"#,
            ])
    }

    @Test func recordersShowQuantilesOrTheLastNumber() {
        let recorder = registry.makeRecorder(label: "sizes", dimensions: [], aggregate: true)
        for value in [Int64(-5), 10, 10, 10, 1_000_000] { recorder.record(value) }
        recorder.record(Double.nan)
        recorder.record(1e300)
        #expect(lines("sizes").contains("sizes_count 6"))
        #expect(lines("sizes")[1].hasPrefix(#"sizes{quantile="0.5"} 10"#))
    }

    @Test func quantilesForgetAndTotalsDoNot() {
        let recorder = registry.makeRecorder(label: "t", dimensions: [], aggregate: true)
        recorder.record(Int64(1))
        #expect(lines("t")[1].hasPrefix(#"t{quantile="0.5"} 1"#))
        time.advance(.seconds(61))
        recorder.record(Int64(3))
        #expect(lines("t")[3].hasPrefix(#"t{quantile="0.99"} 3"#), "both windows count")
        #expect(lines("t")[1].hasPrefix(#"t{quantile="0.5"} 1"#))
        time.advance(.seconds(61))
        #expect(lines("t")[1].hasPrefix(#"t{quantile="0.5"} 3"#), "the first is over")
        recorder.record(Int64(3))
        time.advance(.seconds(300))
        #expect(lines("t")[1] == #"t{quantile="0.5"} NaN"#)
        #expect(lines("t").suffix(2) == ["t_sum 7", "t_count 3"])
    }

    // MARK: The process

    @Test func everyProcessIsDescribed() throws {
        registry.describeProcess(service: "sample", instance: "sample-1")
        let text = registry.text()
        #expect(
            text.contains(
                #"headframe_build_info{instance="sample-1",service="sample",version="\#(HeadframeVersion.current)"} 1"#)
        )
        for name in [
            "process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total",
            "process_start_time_seconds",
        ] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(name) ") })
            #expect(try #require(Double(line.dropFirst(name.count + 1))) > 0)
        }
    }
}
