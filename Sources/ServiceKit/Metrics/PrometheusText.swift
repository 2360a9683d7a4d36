/// All series of one name.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable {
        case counter, gauge, summary, histogram
    }

    var name: String
    var kind: Kind
    /// What it means, where somebody said so.
    var help: String?
    var series: [(labels: MetricLabels, value: MetricValue)]
}

/// Metrics as Prometheus reads them: the text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats).
enum PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func render(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families.sorted(by: { $0.name < $1.name }) where !family.series.isEmpty {
            if let help = family.help { text += "# HELP \(family.name) \(escaped(help, quote: false))\n" }
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            let rendered = family.series.map { (labels: labels($0.labels), series: $0) }
            for (_, series) in rendered.sorted(by: { $0.labels < $1.labels }) {
                append(series.value, labels: series.labels, name: family.name, to: &text)
            }
        }
        return text
    }

    private static func append(_ value: MetricValue, labels set: MetricLabels, name: String, to text: inout String) {
        switch value {
        case .counter(let whole, let fraction):
            let shown = fraction == 0 ? String(whole) : number(Double(whole) + fraction)
            text += "\(name)\(labels(set)) \(shown)\n"
        case .gauge(let value):
            text += "\(name)\(labels(set)) \(number(value))\n"
        case .summary(let summary):
            for (quantile, value) in zip(Summary.quantiles, summary.quantiles) {
                text += "\(name)\(labels(set, and: ("quantile", "\(quantile)"))) \(number(value))\n"
            }
            appendTotals(summary.sum, summary.count, labels: set, name: name, to: &text)
        case .histogram(let histogram):
            for (bound, count) in histogram.cumulative {
                text += "\(name)_bucket\(labels(set, and: ("le", number(bound)))) \(count)\n"
            }
            text += "\(name)_bucket\(labels(set, and: ("le", "+Inf"))) \(histogram.count)\n"
            appendTotals(histogram.sum, histogram.count, labels: set, name: name, to: &text)
        }
    }

    private static func appendTotals(
        _ sum: Double, _ count: UInt64, labels set: MetricLabels, name: String, to text: inout String
    ) {
        text += "\(name)_sum\(labels(set)) \(number(sum))\n"
        text += "\(name)_count\(labels(set)) \(count)\n"
    }

    private static func labels(_ labels: MetricLabels, and extra: (name: String, value: String)? = nil) -> String {
        var pairs = labels.pairs.map { "\($0.name)=\"\(escaped($0.value, quote: true))\"" }
        if let extra { pairs.append("\(extra.name)=\"\(extra.value)\"") }
        return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quote: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }
}
