internal import Configuration

/// One place that settings come from. Every value is read as text here, so that one parser checks it, wherever it
/// came from; the key is `section.name` everywhere, which swift-configuration turns into each source's own spelling.
struct ConfigurationSource {
    enum Kind: Equatable {
        case flags
        case environment
        case environmentFile(path: String)
        case file(path: String)
    }

    let kind: Kind
    private let snapshot: any ConfigSnapshot

    /// The values of the command line, by their settings.
    init<Root>(flags: CommandLineFlags, settings: [NamedSetting<Root>]) {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for setting in settings {
            guard let text = flags.values[setting.setting.name] else { continue }
            values[Self.key(setting)] = ConfigValue(.string(text), isSecret: false)
        }
        kind = .flags
        snapshot = InMemoryProvider(name: "flags", values: values).snapshot()
    }

    /// Variables, of the process or of a file. An empty variable counts as not set.
    init(_ kind: Kind, variables: [String: String]) {
        self.kind = kind
        snapshot = EnvironmentVariablesProvider(environmentVariables: variables.filter { !$0.value.isEmpty }).snapshot()
    }

    /// The JSON object in `data`, with one object for each section.
    init(file path: String, data: RawSpan) throws {
        kind = .file(path: path)
        snapshot = try JSONSnapshot(data: data, providerName: path, parsingOptions: .default)
    }

    /// What the source has for a setting; nil if it has nothing.
    func text<Root>(of setting: NamedSetting<Root>) throws -> String? {
        // A file has numbers, yes and no, and arrays where the other sources have text only.
        for type in [ConfigType.string, .int, .double, .stringArray, .intArray] {
            do {
                guard let value = try snapshot.value(forKey: Self.key(setting), type: type).value else { return nil }
                return value.content.text
            } catch {
                if type == .intArray { throw error }
            }
        }
        return nil
    }

    /// How an error names a value of this source.
    func title<Root>(of setting: NamedSetting<Root>, text: String) -> String {
        let shown = setting.setting.redact(text)
        return switch kind {
        case .flags: "\(setting.flag) \(shown)"
        case .environment: "\(setting.environmentName)=\(shown)"
        case .environmentFile(let path): "\(setting.environmentName)=\(shown) in \(path)"
        case .file(let path): "\(setting.section).\(setting.setting.name) = \(shown) in \(path)"
        }
    }

    private static func key<Root>(_ setting: NamedSetting<Root>) -> AbsoluteConfigKey {
        [setting.section, setting.setting.name]
    }
}

extension ConfigContent {
    fileprivate var text: String? {
        switch self {
        case .string(let value): value
        case .int(let value): String(value)
        case .double(let value): String(value)
        case .bool(let value): String(value)
        case .stringArray(let values): values.joined(separator: ",")
        case .intArray(let values): values.map(String.init).joined(separator: ",")
        default: nil
        }
    }
}
