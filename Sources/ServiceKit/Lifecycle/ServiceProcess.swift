internal import Foundation
internal import Logging
internal import Metrics
internal import ServiceLifecycle

/// One run of a service: the parts that every process has around the services of its own.
struct ServiceProcess<Configuration: ServiceConfiguration>: Sendable {
    let runtime: ServiceRuntime<Configuration>
    /// What everything is counted through: `/metrics`, and statsd where it is asked for.
    let metricsBackend: any MetricsFactory
    private let statsd: StatsdSender?
    private let trap: ShutdownTrap

    init(configuration: Configuration) {
        let common = configuration.common
        let logger = Logger(label: common.instance)
        let readiness = Readiness()
        readiness.set(ShutdownTrap.condition, notReady: "starting")
        let start = ContinuousClock.now
        readiness.onFirstReady {
            logger.info("ready", metadata: ["after": "\(start.duration(to: .now).shortText)"])
        }
        let metrics = PrometheusRegistry()
        metrics.describeProcess(service: Configuration.service, instance: common.instance)
        statsd = common.statsd.map { StatsdSender($0, logger: logger) }
        metricsBackend = metrics.beside(statsd, common)
        runtime = ServiceRuntime(
            configuration: configuration, logger: logger, readiness: readiness, metrics: metrics,
            watchdog: Watchdog(logger: logger))
        trap = ShutdownTrap(drainBudget: common.drainBudget, readiness: readiness, logger: logger)
    }

    func run(_ makeServices: @Sendable (ServiceRuntime<Configuration>) async throws -> [any Service]) async throws {
        let logger = runtime.logger
        logger.info(
            "starting",
            metadata: [
                "service": "\(Configuration.service)", "version": "\(HeadframeVersion.current)",
                "pid": "\(ProcessInfo.processInfo.processIdentifier)",
            ])
        await trap.install()
        runtime.watchdog.start()
        defer { runtime.watchdog.stop() }
        statsd?.start()
        defer { statsd?.stop() }

        // Shut down in reverse order: health and metrics can be read until the very end.
        var services: [any Service] = []
        if let health = HealthListener(runtime) { services.append(health) }
        services += try await makeServices(runtime)
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: ReportingService(service: $0, trap: trap, logger: logger)) },
            logger: logger)
        group.services.insert(.init(service: trap, successTerminationBehavior: .gracefullyShutdownGroup), at: 0)
        try await ServiceGroup(configuration: group).run()
        logger.info("drained")
    }
}

/// Says at once which service failed and why, and starts the clock for the others to end.
private struct ReportingService: Service {
    let service: any Service
    let trap: ShutdownTrap
    let logger: Logger

    private var partName: String { (service as? Scope)?.description ?? "\(type(of: service))" }

    func run() async throws {
        do {
            try await service.run()
            guard Task.isCancelled || Task.isShuttingDownGracefully else {
                throw ServiceKitError(
                    .serviceEnded,
                    "\(partName) ended although nobody had asked it to; look into the log for what led to it")
            }
        } catch {
            if !(error is CancellationError) {
                logger.critical("a service failed", metadata: ["part": "\(partName)", "error": "\(error)"])
                trap.failed(error)
            }
            throw error
        }
    }
}
