internal import Histogram

/// What a summary shows: count and sum since the start, quantiles of the last one to two minutes.
struct SummaryValue: Equatable, Sendable {
    var count: UInt64
    var sum: Double
    /// One for each of ``Summary/quantiles``; NaN where nothing was recorded lately.
    var quantiles: [Double]
}

/// Collects numbers for their quantiles, which are right to 1 % and those of the last one to two windows: a latency of
/// yesterday must not hide the one of now.
struct Summary {
    static let quantiles = [0.5, 0.9, 0.99, 0.999]
    static let window = Duration.seconds(60)
    /// Larger numbers count as this one: 13 days in nanoseconds, and a bound for the memory of a histogram.
    private static let maximumSteps = Double(UInt64(1) << 50)

    /// The resolution: 1e-9 for seconds that are kept as nanoseconds.
    private let unitsPerStep: Double
    private var count: UInt64 = 0
    private var sum = 0.0
    private var current = Summary.emptyHistogram()
    private var previous: Histogram<UInt32>?
    private var windowStart = Duration.zero

    init(unitsPerStep: Double) {
        self.unitsPerStep = unitsPerStep
    }

    /// Negative numbers count as 0 in the quantiles; what is not a number is left out.
    mutating func record(_ value: Double, at now: Duration) {
        guard value.isFinite else { return }
        rotate(at: now)
        count += 1
        sum += value
        current.record(UInt64(min(max(0, (value / unitsPerStep).rounded()), Self.maximumSteps)))
    }

    mutating func value(at now: Duration) -> SummaryValue {
        rotate(at: now)
        var recent = current
        for old in previous?.recordedValues().map({ $0 }) ?? [] { recent.record(old.value, count: old.count) }
        let quantiles = Self.quantiles.map { quantile in
            recent.totalCount == 0 ? Double.nan : Double(recent.valueAtPercentile(quantile * 100)) * unitsPerStep
        }
        return SummaryValue(count: count, sum: sum, quantiles: quantiles)
    }

    private mutating func rotate(at now: Duration) {
        let age = now - windowStart
        guard age >= Self.window else { return }
        previous = age < Self.window * 2 ? current : nil
        current = Self.emptyHistogram()
        windowStart = now
    }

    private static func emptyHistogram() -> Histogram<UInt32> {
        Histogram(numberOfSignificantValueDigits: .two)
    }
}
