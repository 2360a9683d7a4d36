internal import ServiceKit

/// What a reporter can be configured with.
struct ReporterConfiguration: ServiceConfiguration {
    static let service = "reporter"
    static let summary = "takes accepted shares out of the stratum servers' queues and writes them to Redis, each once"
    static let settings: [Setting<Self>] = []

    var common = ServiceOptions(service: service)
}
