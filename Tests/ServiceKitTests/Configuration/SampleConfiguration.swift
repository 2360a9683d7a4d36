@testable internal import ServiceKit

/// A service with settings of every kind that services declare.
struct SampleConfiguration: ServiceConfiguration {
    enum Mode: String, CaseIterable { case fast, careful }

    static let service = "sample"
    static let summary = "does nothing, for tests"
    static let settings = [
        Setting<Self>("delay", \.delay, .duration(.zero ... .seconds(10)), "Wait before the answer"),
        Setting<Self>("mode", \.mode, .choice("MODE"), "How it works"),
        Setting<Self>("sources", \.sources, .text("URLS", maximumBytes: 100), "Where it reads from"),
    ]

    var common = ServiceOptions(service: service)
    var delay: Duration = .milliseconds(500)
    var mode = Mode.careful
    var sources = "http://127.0.0.1:1"

    func validate() throws(InvalidSetting) {
        guard mode == .careful || delay <= .seconds(5) else {
            throw InvalidSetting("--mode fast waits at most 5s; give a shorter --delay, or --mode careful")
        }
    }
}

/// Loads it; every test says its own command line and environment.
func load(
    _ arguments: [String] = [], environment: [String: String] = [:]
) throws -> (configuration: SampleConfiguration, warnings: [String]) {
    let loader = ConfigurationLoader<SampleConfiguration>(arguments: arguments, environment: environment)
    guard case .run(let configuration, let warnings) = try loader.load() else { throw NotRun() }
    return (configuration, warnings)
}

/// The error of a configuration that must not load.
func problem(_ arguments: [String] = [], environment: [String: String] = [:]) -> ServiceKitError? {
    do {
        _ = try load(arguments, environment: environment)
        return nil
    } catch {
        return error as? ServiceKitError
    }
}

private struct NotRun: Error {}
