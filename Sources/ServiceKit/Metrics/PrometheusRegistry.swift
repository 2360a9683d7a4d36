public import Metrics
internal import Synchronization

/// The backend of swift-metrics that `/metrics` is read from.
///
/// The same name and labels always mean the same series, whoever makes the handle. Timers are histograms in seconds and
/// their names end in `_seconds`. The number of series is bounded, because a label with a careless value would otherwise
/// grow without end: handles beyond the limit record nothing and are counted in `headframe_metrics_rejected_total`.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    private struct Family {
        let kind: MetricFamily.Kind
        var series: [MetricLabels: any MetricSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var seriesCount = 0
        var collectors: [@Sendable () -> [MetricFamily]] = []
        var rejectedByLimit: Int64 = 0
        var rejectedByKind: Int64 = 0
    }

    private let maximumSeries: Int
    private let now: @Sendable () -> Duration
    private let state = Mutex(State())

    /// Makes a registry without series, for at most `maximumSeries` of them.
    public convenience init(maximumSeries: Int = 5000) {
        let start = ContinuousClock.now
        self.init(maximumSeries: maximumSeries) { start.duration(to: .now) }
    }

    /// `now` is the time since any fixed point; the quantiles forget by it.
    init(maximumSeries: Int, now: @escaping @Sendable () -> Duration) {
        self.maximumSeries = maximumSeries
        self.now = now
    }

    /// Adds families that are made anew whenever the metrics are read.
    func collect(_ collector: @escaping @Sendable () -> [MetricFamily]) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// All metrics in Prometheus' text format 0.0.4.
    public func text() -> String {
        let (snapshot, collectors) = state.withLock { state in
            (state.families, state.collectors)
        }
        let now = now()
        let families = snapshot.map { name, family in
            MetricFamily(
                name: name, kind: family.kind,
                series: family.series.map { (labels: $0.key, value: $0.value.value(at: now)) })
        }
        return PrometheusText.render(families + [rejected] + collectors.flatMap { $0() })
    }

    private var rejected: MetricFamily {
        let (limit, kind) = state.withLock { ($0.rejectedByLimit, $0.rejectedByKind) }
        return MetricFamily(
            name: "headframe_metrics_rejected_total", kind: .counter,
            help: "Metrics that record nothing: too many series, or one name for two kinds",
            series: [
                (MetricLabels([("reason", "limit")]), .counter(whole: limit, fraction: 0)),
                (MetricLabels([("reason", "kind")]), .counter(whole: kind, fraction: 0)),
            ])
    }

    /// The series of this name and these labels, made by `make` if there is none; nil if there must not be one.
    private func series<Series: MetricSeries>(
        _ name: String, _ kind: MetricFamily.Kind, _ dimensions: [(String, String)], make: () -> Series
    ) -> Series? {
        let labels = MetricLabels(dimensions)
        return state.withLock { state in
            let family = state.families[name] ?? Family(kind: kind)
            guard family.kind == kind else {
                state.rejectedByKind += 1
                return nil
            }
            if let known = family.series[labels] { return known as? Series }
            guard state.seriesCount < maximumSeries else {
                state.rejectedByLimit += 1
                return nil
            }
            let series = make()
            state.families[name, default: family].series[labels] = series
            state.seriesCount += 1
            return series
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                state.seriesCount -= 1
                return
            }
        }
    }
}

// MARK: - MetricsFactory

extension PrometheusRegistry {
    /// A number that only grows.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(MetricName.metric(label), .counter, dimensions) { CounterSeries() } ?? NOOPMetricsHandler.instance
    }

    /// A number that only grows, by fractions too.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(MetricName.metric(label), .counter, dimensions) { CounterSeries() } ?? NOOPMetricsHandler.instance
    }

    /// A number that goes up and down.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(MetricName.metric(label), .gauge, dimensions) { GaugeSeries() } ?? NOOPMetricsHandler.instance
    }

    /// Many numbers of which quantiles are shown, or only the last one where `aggregate` is false.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let name = MetricName.metric(label)
        if aggregate {
            return series(name, .summary, dimensions) { SummarySeries(unitsPerStep: 1e-3, now: now) }
                ?? NOOPMetricsHandler.instance
        }
        return series(name, .gauge, dimensions) { GaugeSeries() } ?? NOOPMetricsHandler.instance
    }

    /// Durations, shown in seconds and counted in buckets; see `LatencyHistogram`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = MetricName.metric(label)
        return series(name.hasSuffix("_seconds") ? name : name + "_seconds", .histogram, dimensions) { TimerSeries() }
            ?? NOOPMetricsHandler.instance
    }

    /// Forgets the series, for every handle of it.
    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    /// Forgets the series, for every handle of it.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    /// Forgets the series, for every handle of it.
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    /// Forgets the series, for every handle of it.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    /// Forgets the series, for every handle of it.
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
