/// What one service can be configured with: the options of every service and its own.
///
/// ```swift
/// struct EchoConfiguration: ServiceConfiguration {
///     static let service = "echo"
///     static let summary = "answers every call with its arguments"
///     static let settings = [
///         Setting<Self>("delay", \.delay, .duration(.zero ... .seconds(10)), "Wait before the answer")
///     ]
///     var common = ServiceOptions(service: service)
///     var delay: Duration = .zero
/// }
/// ```
public protocol ServiceConfiguration: Sendable {
    /// The service's name in the registry, in the file (its section) and, in capitals, in the environment.
    static var service: String { get }
    /// What the service does, in one line for `--help`.
    static var summary: String { get }
    /// The service's own settings; the common ones come by themselves.
    static var settings: [Setting<Self>] { get }
    /// The options that every service has.
    var common: ServiceOptions { get set }

    /// The defaults.
    init()
    /// Checks what cannot be seen in one value alone.
    func validate() throws(InvalidSetting)
}

extension ServiceConfiguration {
    /// Every combination is fine.
    public func validate() throws(InvalidSetting) {}
}

/// A setting together with the section that it belongs to, and so with all its names.
struct NamedSetting<Root: Sendable>: Sendable {
    let section: String
    /// Whether it is the service's own, rather than one that every service has.
    var isOwn = true
    let setting: Setting<Root>

    var flag: String { "--\(setting.name)" }
    /// The same name that swift-configuration makes of the key `section.name`.
    var environmentName: String { Self.environmentName("\(section)-\(setting.name)") }

    static func environmentName(_ name: String) -> String {
        name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }
}

extension ServiceConfiguration {
    /// The common settings, then the service's own.
    static var namedSettings: [NamedSetting<Self>] {
        ServiceOptions.settings.map {
            NamedSetting(section: ServiceOptions.section, isOwn: false, setting: Setting($0, in: \Self.common))
        }
            + settings.map {
                NamedSetting(section: $0.isOfTheMesh ? ServiceOptions.section : service, isOwn: true, setting: $0)
            }
    }
}
