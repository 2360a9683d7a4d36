internal import Metrics

/// Counts and times the requests of a service, by method and outcome.
///
/// `mesh_requests_total{service, method, outcome}` and `mesh_request_seconds{service, method}`.
final class MethodMetrics {
    private struct OfMethod {
        let timer: Metrics.Timer
        var counters: [ServerEngine.Outcome: Counter] = [:]
    }

    private let service: String
    private var methods: [String: OfMethod] = [:]

    init(service: String) { self.service = service }

    func count(_ method: String, _ outcome: ServerEngine.Outcome, _ took: Duration) {
        var metrics =
            methods[method] ?? OfMethod(timer: Metrics.Timer(label: "mesh_request_seconds", dimensions: labels(method)))
        let counter =
            metrics.counters[outcome]
            ?? Counter(label: "mesh_requests_total", dimensions: labels(method) + [("outcome", outcome.rawValue)])
        metrics.counters[outcome] = counter
        methods[method] = metrics
        counter.increment()
        metrics.timer.recordNanoseconds(took.nanoseconds)
    }

    private func labels(_ method: String) -> [(String, String)] { [("service", service), ("method", method)] }
}
