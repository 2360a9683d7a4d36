internal import Logging
internal import ServiceKit

/// What the commands need to know of the mesh, as the services themselves read it.
struct OperatorSettings: Sendable {
    /// The options that the services share.
    let service: ServiceOptions
    /// The environment with the file's name in it, for settings of single services.
    let environment: [String: String]
    /// The env file that was read, if any.
    let environmentFile: String?

    /// Reads and checks everything as a service would.
    ///
    /// - Throws: `ServiceKitError` that names every mistake.
    init(flags: [String], environment: [String: String], environmentFile: String?) throws {
        var environment = environment
        environment[EnvironmentFileSearch.variable] = environmentFile
        // What the services log is not what an operator wants between the lines of an answer.
        environment["HEADFRAME_LOG_LEVEL"] = nil
        self.environment = environment
        self.environmentFile = environmentFile
        service = try Self.load(SharedSettings.self, flags: flags, environment: environment).common
    }

    /// The value of `JOBMANAGER_DAEMONS`; nil where it is not set.
    ///
    /// - Throws: `ServiceKitError` when the environment or the file cannot be read.
    func daemons() throws -> String? {
        // Other settings of the jobmanager in a JSON file are its own to check.
        let variables = environment.filter { $0.key != "HEADFRAME_CONFIG" }
        return try Self.load(DaemonSettings.self, flags: [], environment: variables).daemons
    }

    private static func load<Configuration: ServiceConfiguration>(
        _ type: Configuration.Type, flags: [String], environment: [String: String]
    ) throws -> Configuration {
        switch try ConfigurationLoader<Configuration>(arguments: flags, environment: environment).load() {
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
