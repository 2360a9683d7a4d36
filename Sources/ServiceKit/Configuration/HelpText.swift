/// The answer to `--help`.
enum HelpText {
    static func help<Configuration: ServiceConfiguration>(for type: Configuration.Type) -> String {
        let defaults = Configuration()
        let own = Configuration.namedSettings.filter(\.isOwn)
        let common = Configuration.namedSettings.filter { !$0.isOwn }
        var text = """
            \(Configuration.service) \(HeadframeVersion.current): \(Configuration.summary)

            Usage: \(Configuration.service) [--NAME VALUE | --NAME=VALUE]...

            Flags win over the environment, the environment over the file of KEY=value lines named by
            HEADFRAME_ENV_FILE, that over the JSON file named by --config, and that over the defaults.

            """
        if !own.isEmpty { text += section("Of \(Configuration.service)", own, defaults) }
        text += section("Of every service", common, defaults)
        text += """

            Other
              --config FILE (HEADFRAME_CONFIG)
                  JSON file: {"headframe": {"ports": "17000-17999"}, "\(Configuration.service)": {...}}
              --help
              --version

            Exit codes: 0 drained, 64 wrong command line, 69 cannot bind, 70 failed or hung, 75 replaced by a newer
            epoch, 78 wrong configuration, 124 drain budget spent, 128 + signal when a second signal cut the drain short.

            """
        return text
    }

    private static func section<Root>(_ title: String, _ settings: [NamedSetting<Root>], _ defaults: Root) -> String {
        settings.reduce(into: "\n\(title)\n") { text, named in
            let value = named.setting.placeholder.map { " \($0)" } ?? ""
            text += "  \(named.flag)\(value) (\(named.environmentName))\n"
            text += "      \(named.setting.help) [\(named.setting.describe(defaults))]\n"
        }
    }
}
