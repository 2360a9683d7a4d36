internal import Metrics
internal import Synchronization

/// The values of one name and one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    /// What it is now; `now` is the time since any fixed point.
    func value(at now: Duration) -> MetricValue
}

/// What a series shows.
enum MetricValue: Equatable, Sendable {
    case counter(whole: Int64, fraction: Double)
    case gauge(Double)
    case summary(SummaryValue)
    case histogram(LatencyHistogram)
}

/// A number that only grows. Whole numbers and fractions are added up apart, because a `Double` cannot count beyond 2^53.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    private let whole = Atomic<Int64>(0)
    private let fraction = Mutex(0.0)

    func increment(by amount: Int64) {
        // At its largest it stays, rather than turn negative.
        if whole.wrappingAdd(max(0, amount), ordering: .relaxed).newValue < 0 { whole.store(.max, ordering: .relaxed) }
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        fraction.withLock { $0 += amount }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.withLock { $0 = 0 }
    }

    func value(at now: Duration) -> MetricValue {
        .counter(whole: whole.load(ordering: .relaxed), fraction: fraction.withLock { $0 })
    }
}

/// A number that goes up and down.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let number = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { number.withLock { $0 = value } }
    func increment(by amount: Double) { number.withLock { $0 += amount } }
    func decrement(by amount: Double) { number.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    func value(at now: Duration) -> MetricValue { .gauge(number.withLock { $0 }) }
}

/// Many numbers, of which the count, the sum and the quantiles are shown.
final class SummarySeries: MetricSeries, RecorderHandler {
    private let state: Mutex<Summary>
    private let now: @Sendable () -> Duration

    /// `now` is the time since any fixed point, the same as that of `value(at:)`.
    init(unitsPerStep: Double, now: @escaping @Sendable () -> Duration) {
        state = Mutex(Summary(unitsPerStep: unitsPerStep))
        self.now = now
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let now = now()
        state.withLock { $0.record(value, at: now) }
    }

    func value(at now: Duration) -> MetricValue { .summary(state.withLock { $0.value(at: now) }) }
}

/// Durations, counted in buckets.
final class TimerSeries: MetricSeries, TimerHandler {
    private let state = Mutex(LatencyHistogram())

    func recordNanoseconds(_ duration: Int64) { state.withLock { $0.record(seconds: Double(duration) / 1e9) } }

    func value(at now: Duration) -> MetricValue { .histogram(state.withLock { $0 }) }
}
