internal import Metrics
internal import Synchronization

/// A metric that is nothing but its events: a counter, a timer, or numbers of which the server makes quantiles.
final class StatsdSeries: CounterHandler, TimerHandler, RecorderHandler {
    let name: String
    private let format: StatsdFormat
    private let send: @Sendable (_ lines: String) -> Void

    init(name: String, format: StatsdFormat, send: @escaping @Sendable (_ lines: String) -> Void) {
        self.name = name
        self.format = format
        self.send = send
    }

    func increment(by amount: Int64) { record(.count(amount)) }
    func reset() {}
    func recordNanoseconds(_ duration: Int64) { record(.duration(nanoseconds: duration)) }
    func record(_ value: Int64) { record(.sample(Double(value))) }
    func record(_ value: Double) { record(.sample(value)) }

    func record(_ event: StatsdEvent) {
        var random = SystemRandomNumberGenerator()
        if let lines = format.lines(name, event, drawnBy: &random) { send(lines) }
    }
}

/// A number that goes up and down. It is kept here and sent whole, so that a lost datagram is made up for by the next one.
final class StatsdGauge: MeterHandler, RecorderHandler {
    private let series: StatsdSeries
    private let number = Mutex(0.0)

    init(_ series: StatsdSeries) {
        self.series = series
    }

    var name: String { series.name }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { change { $0 = value } }
    func increment(by amount: Double) { change { $0 += amount } }
    func decrement(by amount: Double) { change { $0 -= amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    /// Sent under the lock, so that the last change is the last line.
    private func change(_ body: (inout Double) -> Void) {
        number.withLock {
            body(&$0)
            series.record(.gauge($0))
        }
    }
}
