internal import Metrics
internal import Synchronization

/// The backend of swift-metrics that sends everything to a statsd server.
///
/// Counters are sent as they grow, and resetting one has no meaning there. Fractions of floating point counters are kept until they
/// are whole. Recorders that aggregate are sent as `ms`, the only kind of which every server makes quantiles.
final class StatsdFactory: MetricsFactory {
    private let format: StatsdFormat
    private let maximumGauges: Int
    private let send: @Sendable (_ lines: String) -> Void
    private let gauges = Mutex<[String: StatsdGauge]>([:])

    /// Makes a backend; gauges beyond `maximumGauges` record nothing, because each keeps its value here.
    init(_ format: StatsdFormat, maximumGauges: Int = 5000, send: @escaping @Sendable (_ lines: String) -> Void) {
        self.format = format
        self.maximumGauges = maximumGauges
        self.send = send
    }

    private func series(_ name: String) -> StatsdSeries { StatsdSeries(name: name, format: format, send: send) }

    /// All handles of one name change the same number.
    private func gauge(_ name: String) -> StatsdGauge? {
        gauges.withLock { gauges in
            if let known = gauges[name] { return known }
            guard gauges.count < maximumGauges else { return nil }
            let gauge = StatsdGauge(series(name))
            gauges[name] = gauge
            return gauge
        }
    }

    private func remove(_ handler: AnyObject) {
        guard let gauge = handler as? StatsdGauge else { return }
        gauges.withLock { $0[gauge.name] = nil }
    }
}

// MARK: - MetricsFactory

extension StatsdFactory {
    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(format.name(label, dimensions))
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(format.name(label, dimensions)) ?? NOOPMetricsHandler.instance
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let name = format.name(label, dimensions)
        if aggregate { return series(name) }
        return gauge(name) ?? NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(format.timerName(label, dimensions))
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    func destroyTimer(_ handler: any TimerHandler) {}
}

extension PrometheusRegistry {
    /// The backend of a process: this registry, and the statsd server if there is one.
    func beside(_ statsd: StatsdSender?, _ options: ServiceOptions) -> any MetricsFactory {
        guard let statsd, let target = options.statsd else { return self }
        collect {
            let lost = MetricValue.counter(whole: Int64(statsd.lost), fraction: 0)
            return [
                MetricFamily(
                    name: "headframe_statsd_lost_total", kind: .counter,
                    help: "Events that were not sent to the statsd server", series: [(MetricLabels([]), lost)])
            ]
        }
        let format = StatsdFormat(prefix: [options.namespace, options.instance], rate: target.rate)
        return MultiplexMetricsHandler(factories: [self, StatsdFactory(format, send: statsd.send)])
    }
}
