internal import Foundation

/// Something that happened to a metric.
enum StatsdEvent: Equatable, Sendable {
    /// A counter grew.
    case count(Int64)
    /// A gauge has this value now.
    case gauge(Double)
    /// Something took that many nanoseconds.
    case duration(nanoseconds: Int64)
    /// A number of many, whose distribution is of interest.
    case sample(Double)
}

/// Turns events into lines of statsd (https://github.com/statsd/statsd/blob/master/docs/metric_types.md).
///
/// Plain statsd has no labels: the names and values of dimensions become parts of the name, in the order of their names, so
/// that any server understands them.
struct StatsdFormat: Sendable {
    /// What every name begins with: the parts that tell this process from others, whose gauges would replace its own.
    let prefix: [String]
    /// The share of counts, durations and samples that is sent.
    let rate: Double

    // MARK: Names

    /// The name of a metric: `headframe.stratum-1.pool_shares_total.outcome.accepted`.
    func name(_ label: String, _ dimensions: [(String, String)]) -> String {
        let labels = MetricLabels(dimensions).pairs.flatMap { [$0.name, $0.value] }.map(Self.part)
        let parts = label.split(separator: ".").map { Self.part(String($0)) }
        return (prefix.map(Self.part) + (parts.isEmpty ? ["_"] : parts) + labels).joined(separator: ".")
    }

    /// The name of a timer: a `_seconds` at its end is left out, because statsd counts in milliseconds.
    func timerName(_ label: String, _ dimensions: [(String, String)]) -> String {
        let unit = "_seconds"
        return name(label.hasSuffix(unit) ? String(label.dropLast(unit.count)) : label, dimensions)
    }

    /// Letters, digits, `_` and `-`: everything else means something to a statsd server or to what is behind it.
    private static func part(_ text: String) -> String {
        guard !text.isEmpty else { return "_" }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "_", "-": scalar
                    default: "_"
                    }
                }))
    }

    // MARK: Lines

    /// The lines of an event, with a line end between two of them; nil where nothing is to be sent: it was not drawn, changes
    /// nothing, or is no number.
    func lines(_ name: String, _ event: StatsdEvent, drawnBy random: inout some RandomNumberGenerator) -> String? {
        switch event {
        case .count(let amount):
            guard amount > 0 else { return nil }
            return sampled("\(name):\(amount)|c", &random)
        case .duration(let nanoseconds):
            return sampled("\(name):\(Self.milliseconds(max(0, nanoseconds)))|ms", &random)
        case .sample(let value):
            guard value.isFinite else { return nil }
            return sampled("\(name):\(Self.number(value))|ms", &random)
        case .gauge(let value):
            guard value.isFinite else { return nil }
            let line = "\(name):\(Self.number(value))|g"
            // A sign would make it a change of what the gauge was.
            return value < 0 ? "\(name):0|g\n\(line)" : line
        }
    }

    private func sampled(_ line: @autoclosure () -> String, _ random: inout some RandomNumberGenerator) -> String? {
        if rate == 1 { return line() }
        return Double.random(in: 0..<1, using: &random) < rate ? line() + "|@\(rate)" : nil
    }

    private static func milliseconds(_ nanoseconds: Int64) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        guard rest != 0 else { return "\(whole)" }
        var digits = Substring("\(1_000_000 + rest)".dropFirst())
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    /// Without an exponent, which not every server reads.
    private static func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        let text = "\(value)"
        return text.contains("e") ? String(format: "%.9f", value) : text
    }
}
