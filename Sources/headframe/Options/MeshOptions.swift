internal import ArgumentParser
internal import Foundation
internal import Logging
internal import ServiceKit

/// Where the mesh is and how much is logged: the options of every command.
struct MeshOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Redis of the mesh, such as redis://127.0.0.1:6379.", valueName: "url"))
    var redis: String?

    @Option(help: ArgumentHelp("The mesh: what its keys in Redis begin with.", valueName: "name"))
    var namespace: String?

    @Option(
        help: ArgumentHelp(
            "The lowest level that is logged on standard error: trace, debug, info, notice, warning, error, critical.",
            valueName: "level"))
    var logLevel: String = "error"

    @Option(
        help: ArgumentHelp(
            "A file of KEY=value lines, instead of the one that HEADFRAME_ENV_FILE names and of .headframe/env.",
            valueName: "path"))
    var envFile: String?

    /// Reads the settings and sets the log up as they say; once in a process.
    ///
    /// - Throws: `ServiceKitError` that names every mistake.
    func start() throws -> OperatorSettings {
        let settings = try settings()
        ServiceLogHandler.bootstrap(settings.service)
        return settings
    }

    /// The settings that these options, the environment and the env file make together.
    ///
    /// - Throws: `ServiceKitError` that names every mistake.
    func settings(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        directory: String = FileManager.default.currentDirectoryPath
    ) throws -> OperatorSettings {
        var flags = ["--log-level", logLevel]
        if let redis { flags += ["--redis", redis] }
        if let namespace { flags += ["--namespace", namespace] }
        var settings = try OperatorSettings(
            flags: flags,
            environment: environment,
            environmentFile: envFile ?? EnvironmentFileSearch.find(environment: environment, directory: directory),
            environmentFileOrigin: envFile == nil ? EnvironmentFileSearch.variable : "--env-file")
        // What an operator names is meant for the registry, even where the services have another Redis for it.
        if redis != nil { settings.service.redisDiscovery = nil }
        return settings
    }
}

/// Finds the env file that nobody named.
enum EnvironmentFileSearch {
    static let variable = "HEADFRAME_ENV_FILE"

    /// What the variable names, else the nearest `.headframe/env`, upwards from `directory`.
    static func find(environment: [String: String], directory: String) -> String? {
        if let named = environment[variable], !named.isEmpty { return named }
        var folder = URL(fileURLWithPath: directory).standardizedFileURL
        while true {
            let candidate = folder.appendingPathComponent(".headframe/env").path
            if FileManager.default.fileExists(atPath: candidate) { return candidate }
            let parent = folder.deletingLastPathComponent().standardizedFileURL
            guard parent.path != folder.path else { return nil }
            folder = parent
        }
    }
}
