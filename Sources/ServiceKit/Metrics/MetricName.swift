/// The names of the Prometheus data model (https://prometheus.io/docs/concepts/data_model).
enum MetricName {
    /// `label` with every character that a metric name must not have replaced by `_`: `mesh.calls` is `mesh_calls`.
    static func metric(_ label: String) -> String { cleaned(label, allowsColon: true) }

    /// `name` as the name of a label.
    static func label(_ name: String) -> String { cleaned(name, allowsColon: false) }

    private static func cleaned(_ text: String, allowsColon: Bool) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            let isAllowed: Bool
            switch scalar {
            case "a"..."z", "A"..."Z", "_": isAllowed = true
            case "0"..."9": isAllowed = !name.isEmpty
            case ":": isAllowed = allowsColon
            default: isAllowed = false
            }
            if isAllowed {
                name.unicodeScalars.append(scalar)
            } else {
                name += "_"
                // A digit may not come first, but it need not get lost.
                if ("0"..."9").contains(scalar) { name.unicodeScalars.append(scalar) }
            }
        }
        return name.isEmpty ? "_" : name
    }
}

/// The labels of one series, in the order of their names, so that the order in which they were given does not matter.
struct MetricLabels: Hashable, Sendable {
    let pairs: [Pair]

    struct Pair: Hashable, Sendable {
        let name: String
        let value: String
    }

    /// Of two labels with one name the later one counts.
    init(_ dimensions: [(String, String)]) {
        var values: [String: String] = [:]
        for (name, value) in dimensions { values[MetricName.label(name)] = value }
        pairs = values.map { Pair(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    }
}
