internal import Logging
internal import ServiceKit

/// What the commands need to know of the mesh, as the services themselves read it.
struct OperatorSettings: Sendable {
    /// The options that the services share.
    var service: ServiceOptions
    /// The environment with the file's name in it, for settings of single services.
    let environment: [String: String]
    /// The env file that was read, if any.
    let environmentFile: String?
    private let environmentFileOrigin: String

    /// Reads and checks everything as a service would.
    ///
    /// - Parameter environmentFileOrigin: What gave the env file's name, for errors.
    /// - Throws: `ServiceKitError` that names every mistake.
    init(
        flags: [String], environment: [String: String], environmentFile: String?,
        environmentFileOrigin: String = EnvironmentFileSearch.variable
    ) throws {
        var environment = environment
        environment[EnvironmentFileSearch.variable] = environmentFile
        // What the services log is not what an operator wants between the lines of an answer.
        environment["HEADFRAME_LOG_LEVEL"] = nil
        self.environment = environment
        self.environmentFile = environmentFile
        self.environmentFileOrigin = environmentFileOrigin
        service =
            try Self.load(
                SharedSettings.self, flags: flags, environment: environment, environmentFileOrigin
            ).common
    }

    /// The value of `JOBMANAGER_DAEMONS`; nil where it is not set.
    ///
    /// - Throws: `ServiceKitError` when the environment or the file cannot be read.
    func daemons() throws -> String? {
        // Other settings of the jobmanager in a JSON file are its own to check.
        let variables = environment.filter { $0.key != "HEADFRAME_CONFIG" }
        return try Self.load(DaemonSettings.self, flags: [], environment: variables, environmentFileOrigin).daemons
    }

    private static func load<Configuration: ServiceConfiguration>(
        _ type: Configuration.Type, flags: [String], environment: [String: String], _ environmentFileOrigin: String
    ) throws -> Configuration {
        let loader = ConfigurationLoader<Configuration>(
            arguments: flags, environment: environment, environmentFileOrigin: environmentFileOrigin)
        return switch try loader.load() {
        case .run(let configuration, _): configuration
        case .print: Configuration()
        }
    }
}

/// The shared options alone.
private struct SharedSettings: ServiceConfiguration {
    static let service = "operator"
    static let summary = "the operator's command line"
    static let settings: [Setting<Self>] = []
    var common = ServiceOptions(service: service)
}

/// The one setting of the jobmanager that the doctor looks at.
private struct DaemonSettings: ServiceConfiguration {
    static let service = "jobmanager"
    static let summary = "the daemons of the jobmanager"
    static let settings = [
        Setting<Self>(
            "daemons", \.daemons, SettingType<String>.text("URL,...", maximumBytes: 65536).optional(absent: "none"),
            "The coin daemons")
    ]
    var common = ServiceOptions(service: service)
    var daemons: String?
}
