public import Foundation
public import Logging
internal import Metrics
public import ServiceLifecycle

/// Runs a service from its command line to its exit; a service's `Main.swift` is little more than this call.
///
/// ```swift
/// @main
/// enum Main {
///     static func main() async {
///         await runService(EchoConfiguration.self) { runtime in
///             [Echo(delay: runtime.configuration.delay, logger: runtime.logger)]
///         }
///     }
/// }
/// ```
///
/// The configuration is loaded, logging, metrics, health and the watchdog are set up, and the services run until SIGTERM
/// or SIGINT. Then they are shut down gracefully in the reverse of their order, within the drain budget. A second signal
/// or the end of the budget exits at once. Every way to end has an ``ExitCode``.
///
/// - Parameters:
///   - arguments: The command line without the program's name.
///   - environment: The environment variables.
///   - metadataProvider: What every log line carries from its surroundings, such as the trace id.
///   - makeServices: Makes the services, in the order in which they start. It should not wait for anything: waiting belongs
///     in a service's `run()`, where it is cancelled and counted.
public func runService<Configuration: ServiceConfiguration>(
    _ type: Configuration.Type = Configuration.self,
    arguments: [String] = Array(CommandLine.arguments.dropFirst()),
    environment: [String: String] = ProcessInfo.processInfo.environment,
    metadataProvider: Logger.MetadataProvider? = nil,
    makeServices: @Sendable (ServiceRuntime<Configuration>) async throws -> [any Service]
) async -> Never {
    do {
        switch try ConfigurationLoader<Configuration>(arguments: arguments, environment: environment).load() {
        case .print(let text):
            FileHandle.standardOutput.write(Data(text.utf8))
        case .run(let configuration, let warnings):
            ServiceLogHandler.bootstrap(configuration.common, metadataProvider: metadataProvider)
            let process = ServiceProcess(configuration: configuration)
            MetricsSystem.bootstrap(process.metricsBackend)
            for warning in warnings { process.runtime.logger.warning("\(warning)") }
            try await process.run(makeServices)
        }
        exit(ExitCode.success.rawValue)
    } catch {
        let prefix = "\(Configuration.service): "
        StandardError.write("\(error)".split(separator: "\n").map { prefix + $0 + "\n" }.joined())
        exit(ExitCode(of: error).rawValue)
    }
}
