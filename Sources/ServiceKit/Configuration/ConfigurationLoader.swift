internal import Foundation

/// What a command line asks for.
public enum Invocation<Configuration: ServiceConfiguration>: Sendable {
    /// Run the service. The warnings are for the log, as soon as there is one.
    case run(Configuration, warnings: [String])
    /// Print this to standard output and exit with 0: `--help` or `--version`.
    case print(String)
}

/// Makes a service's configuration: flags win over the environment, the environment over the file named by
/// `HEADFRAME_ENV_FILE`, that over the JSON file named by `--config` or `HEADFRAME_CONFIG`, and that over the defaults.
///
/// All mistakes are reported at once. Unknown flags and unknown names in the JSON file are mistakes; unknown
/// `HEADFRAME_` variables are warnings, because an environment is shared by many programs.
public struct ConfigurationLoader<Configuration: ServiceConfiguration> {
    private let arguments: [String]
    private let environment: [String: String]
    private let environmentFileOrigin: String
    private let settings = Configuration.namedSettings
    private var problems: [String] = []
    private var warnings: [String] = []

    /// Prepares to read `arguments` (without the program's name) and `environment`.
    ///
    /// - Parameter environmentFileOrigin: What an error says that the name in `HEADFRAME_ENV_FILE` was given by.
    public init(
        arguments: [String], environment: [String: String], environmentFileOrigin: String = "HEADFRAME_ENV_FILE"
    ) {
        self.arguments = arguments
        self.environment = environment
        self.environmentFileOrigin = environmentFileOrigin
    }

    /// Reads and checks everything.
    ///
    /// - Throws: ``ServiceKitError`` with code `usage` if the command line is wrong, otherwise with `configuration`; the
    ///   message has one line for each mistake.
    public consuming func load() throws(ServiceKitError) -> Invocation<Configuration> {
        var flagNames = Dictionary(
            uniqueKeysWithValues: settings.map { ($0.setting.name, $0.setting.placeholder != nil) })
        flagNames[Self.configFlag] = true
        let flags = CommandLineFlags(arguments, flags: flagNames)
        if flags.wantsHelp { return .print(HelpText.help(for: Configuration.self)) }
        if flags.wantsVersion { return .print("\(Configuration.service) \(HeadframeVersion.current)\n") }
        problems = flags.problems

        var configuration = Configuration()
        var flagsAreWrong = !problems.isEmpty
        let sources = sources(flags)
        for setting in settings {
            guard let wrong = apply(setting, from: sources, to: &configuration) else { continue }
            problems.append(wrong.message)
            flagsAreWrong = flagsAreWrong || wrong.source == .flags
        }
        if problems.isEmpty { checkCombination(of: configuration) }
        guard problems.isEmpty else {
            throw ServiceKitError(flagsAreWrong ? .usage : .configuration, problems.joined(separator: "\n"))
        }
        return .run(configuration, warnings: warnings)
    }

    private static var configFlag: String { "config" }
    private static var configVariable: String { "HEADFRAME_CONFIG" }
    private static var environmentFileVariable: String { "HEADFRAME_ENV_FILE" }

    /// Takes the value of the first source that has one; gives what is wrong with it.
    private func apply(
        _ setting: NamedSetting<Configuration>, from sources: [ConfigurationSource],
        to configuration: inout Configuration
    ) -> WrongValue? {
        for source in sources {
            let text: String?
            do {
                text = try source.text(of: setting)
            } catch {
                let title = source.title(of: setting, text: "...")
                return WrongValue(source: source.kind, message: "\(title): neither text, a number nor an array of them")
            }
            guard let text else { continue }
            do throws(InvalidSetting) {
                try setting.setting.apply(&configuration, text)
                return nil
            } catch {
                let title = source.title(of: setting, text: text)
                return WrongValue(source: source.kind, message: "\(title): \(error)")
            }
        }
        return nil
    }

    private mutating func checkCombination(of configuration: Configuration) {
        do throws(InvalidSetting) {
            try configuration.common.validate()
            try configuration.validate()
        } catch {
            problems.append("\(error)")
        }
    }
}

/// A value that cannot be used, and where it stood.
private struct WrongValue {
    let source: ConfigurationSource.Kind
    let message: String
}

// MARK: - Sources

extension ConfigurationLoader {
    /// All sources, those that win first.
    private mutating func sources(_ flags: CommandLineFlags) -> [ConfigurationSource] {
        var sources = [ConfigurationSource(flags: flags, settings: settings)]
        warnAboutUnknownVariables(in: environment, of: "the environment")
        sources.append(ConfigurationSource(.environment, variables: environment))

        var variables = environment
        if let path = environment[Self.environmentFileVariable], !path.isEmpty,
            let file = readEnvironmentFile(path)
        {
            warnAboutUnknownVariables(in: file.values, of: path)
            sources.append(ConfigurationSource(.environmentFile(path: path), variables: file.values))
            variables.merge(file.values) { fromEnvironment, _ in fromEnvironment }
        }
        if let path = flags.values[Self.configFlag] {
            sources.append(contentsOf: readFile(path, givenBy: "--\(Self.configFlag)"))
        } else if let path = variables[Self.configVariable], !path.isEmpty {
            sources.append(contentsOf: readFile(path, givenBy: Self.configVariable))
        }
        return sources
    }

    private mutating func readEnvironmentFile(_ path: String) -> EnvironmentFile? {
        do throws(InvalidSetting) {
            let data = try ConfigurationFile.read(path, givenBy: environmentFileOrigin)
            let file = EnvironmentFile(String(decoding: data, as: UTF8.self))
            problems += file.problems.map { "\(path), \($0)" }
            return file
        } catch {
            problems.append("\(error)")
            return nil
        }
    }

    private mutating func readFile(_ path: String, givenBy origin: String) -> [ConfigurationSource] {
        do throws(InvalidSetting) {
            let data = try ConfigurationFile.read(path, givenBy: origin)
            do {
                let source = try ConfigurationSource(file: path, data: data.bytes)
                checkNames(try ConfigurationFile.names(in: data), in: path)
                return [source]
            } catch {
                let reason = ConfigurationFile.syntaxError(error).map { " (\($0))" } ?? ""
                problems.append(
                    "\(origin): \(path) is not a JSON object of objects\(reason); write for example "
                        + #"{"headframe": {"ports": "17000-17999"}}"#)
            }
        } catch {
            problems.append("\(error)")
        }
        return []
    }

    /// Sections of other services are theirs to check.
    private mutating func checkNames(_ names: [String: Set<String>], in path: String) {
        for section in [ServiceOptions.section, Configuration.service] {
            let known = settings.filter { $0.section == section }.map(\.setting.name)
            let elsewhere = section == ServiceOptions.section ? ServiceOptions.ofSomeServices : []
            for name in (names[section] ?? []).subtracting(known + elsewhere).sorted() {
                let hint = nearestName(to: name, among: known).map { "did you mean \($0)?" } ?? "see --help"
                problems.append("\(section).\(name) in \(path): there is no such setting; \(hint)")
            }
        }
    }

    /// Variables of the service's own prefix may well be somebody else's (`WORKER_...`), so only a near miss is named.
    private mutating func warnAboutUnknownVariables(in variables: [String: String], of origin: String) {
        let known = settings.map(\.environmentName) + [Self.configVariable, Self.environmentFileVariable]
        let ownPrefix = NamedSetting<Configuration>.environmentName(Configuration.service) + "_"
        let elsewhere = ServiceOptions.ofSomeServices.map {
            NamedSetting<Configuration>.environmentName("\(ServiceOptions.section)-\($0)")
        }
        for name in Set(variables.keys).subtracting(known + elsewhere).sorted() {
            let nearest = nearestName(to: name, among: known)
            if name.hasPrefix("HEADFRAME_") {
                let hint = nearest.map { "did you mean \($0)?" } ?? "see --help"
                warnings.append("\(name) in \(origin) is not known and has no effect; \(hint)")
            } else if name.hasPrefix(ownPrefix), let nearest {
                warnings.append("\(name) in \(origin) is not known and has no effect; did you mean \(nearest)?")
            }
        }
    }
}
