internal import Metrics

/// Counts and times the requests of a service, by method and outcome.
///
/// `mesh_requests_total{service, method, outcome}` and `mesh_request_seconds{service, method}`.
final class MethodMetrics {
    private final class OfMethod {
        let timer: Metrics.Timer
        let counters: [ServerEngine.Outcome: Counter]

        init(_ labels: [(String, String)]) {
            timer = Metrics.Timer(label: "mesh_request_seconds", dimensions: labels)
            let counters = ServerEngine.Outcome.allCases.map {
                ($0, Counter(label: "mesh_requests_total", dimensions: labels + [("outcome", $0.rawValue)]))
            }
            self.counters = Dictionary(uniqueKeysWithValues: counters)
        }
    }

    private let service: String
    private var methods: [String: OfMethod] = [:]

    init(service: String) { self.service = service }

    func count(_ method: String, _ outcome: ServerEngine.Outcome, _ took: Duration) {
        let metrics: OfMethod
        if let known = methods[method] {
            metrics = known
        } else {
            metrics = OfMethod([("service", service), ("method", method)])
            methods[method] = metrics
        }
        metrics.counters[outcome]?.increment()
        metrics.timer.recordNanoseconds(took.nanoseconds)
    }
}
