public import Logging

/// What every process has, handed to the code that makes the process's own services.
public struct ServiceRuntime<Configuration: ServiceConfiguration>: Sendable {
    /// The service's own options and the common ones.
    public let configuration: Configuration
    /// The process's logger, labelled with the instance.
    public let logger: Logger
    /// What has to be true before the process may get work.
    public let readiness: Readiness
    /// The metrics that `/metrics` shows. It is the backend of swift-metrics too.
    public let metrics: PrometheusRegistry
    /// Ends the process if a loop that it watches hangs.
    public let watchdog: Watchdog

    /// The options that every service has.
    public var common: ServiceOptions { configuration.common }
}
