internal import Metrics

/// Counts and times the requests of a service, by method and outcome.
///
/// `mesh_requests_total{service, method, outcome}` and `mesh_request_seconds{service, method}`.
final class MethodMetrics {
    private final class OfMethod {
        let timer: Metrics.Timer
        private let ok, error, refused, cancelled: Counter

        init(_ labels: [(String, String)]) {
            timer = Metrics.Timer(label: "mesh_request_seconds", dimensions: labels)
            func counter(of outcome: ServerEngine.Outcome) -> Counter {
                Counter(label: "mesh_requests_total", dimensions: labels + [("outcome", outcome.rawValue)])
            }
            ok = counter(of: .ok)
            error = counter(of: .error)
            refused = counter(of: .refused)
            cancelled = counter(of: .cancelled)
        }

        func counter(of outcome: ServerEngine.Outcome) -> Counter {
            switch outcome {
            case .ok: ok
            case .error: error
            case .refused: refused
            case .cancelled: cancelled
            }
        }
    }

    private let service: String
    private var methods: [String: OfMethod] = [:]

    init(service: String) { self.service = service }

    func count(_ method: String, _ outcome: ServerEngine.Outcome, _ took: Duration?) {
        let metrics: OfMethod
        if let known = methods[method] {
            metrics = known
        } else {
            metrics = OfMethod([("service", service), ("method", method)])
            methods[method] = metrics
        }
        metrics.counter(of: outcome).increment()
        if let took { metrics.timer.recordNanoseconds(took.nanoseconds) }
    }
}
