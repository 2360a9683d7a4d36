/// One thing that can be configured, declared once: from it come the flag, the environment variable, the key of the
/// file, the validation with its error text, and the line of `--help`.
///
/// The value that the property has in `Root()` is the default.
///
/// ```swift
/// Setting("keep-jobs", \.keepJobs, .duration(.seconds(1) ... .seconds(3600)), "How long a job is kept")
/// ```
public struct Setting<Root: Sendable>: Sendable {
    /// The name, which is also the flag without its dashes: `http-port`.
    public let name: String
    /// What it means, in one sentence for `--help`.
    public let help: String
    /// The word for the value in `--help`; nil for a switch, which needs no value.
    let placeholder: String?
    /// Reads `text` into `root`.
    let apply: @Sendable (_ root: inout Root, _ text: String) throws(InvalidSetting) -> Void
    /// The value in `root` as text, without secrets.
    let describe: @Sendable (_ root: Root) -> String
    /// `text` as it may be shown in an error.
    let redact: @Sendable (_ text: String) -> String
    /// Whether its name stands among the common ones: see ``ofTheMesh()``.
    private(set) var isOfTheMesh = false

    /// Declares a setting that is kept in the property at `path`.
    public init<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ type: SettingType<Value>, _ help: String
    ) {
        self.name = name
        self.help = help
        placeholder = type.placeholder
        apply = { root, text throws(InvalidSetting) in root[keyPath: path] = try type.parse(text) }
        describe = { root in type.describe(root[keyPath: path]) }
        redact = type.redact
    }

    /// Declares a setting that may be left out; `absent` is what `--help` says then.
    public init<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ type: SettingType<Value>,
        absent: String,
        _ help: String
    ) {
        self.init(name, path, type.optional(absent: absent), help)
    }

    /// The same setting, with a name among those that all services have: `HEADFRAME_SHARE_REPLICAS` rather than `STRATUM_SHARE_REPLICAS`.
    /// For what is decided once for a mesh and needed by some of its services. ``ServiceOptions`` has to list it, so that the others bear
    /// with it.
    public func ofTheMesh() -> Self {
        var copy = self
        copy.isOfTheMesh = true
        return copy
    }

    /// A setting of a part, as a setting of the whole that holds the part at `path`.
    init<Part>(_ part: Setting<Part>, in path: any WritableKeyPath<Root, Part> & Sendable) {
        name = part.name
        help = part.help
        placeholder = part.placeholder
        apply = { root, text throws(InvalidSetting) in try part.apply(&root[keyPath: path], text) }
        describe = { root in part.describe(root[keyPath: path]) }
        redact = part.redact
    }
}

/// Why a value cannot be used, and what would do instead: `a port is at most 65535; give LOW-HIGH such as 17000-17999`.
public struct InvalidSetting: Error, Equatable, CustomStringConvertible {
    /// The reason and the remedy, without the name and the value.
    public let description: String

    /// Makes the error; `description` must not repeat the value, which may be a secret.
    public init(_ description: String) {
        self.description = description
    }
}
