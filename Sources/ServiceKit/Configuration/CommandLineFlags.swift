/// The flags of a command line, by name and without any meaning yet.
///
/// Understands `--name value`, `--name=value`, and `--name` alone for a switch.
struct CommandLineFlags: Equatable {
    /// The values by the flags' names without dashes.
    var values: [String: String] = [:]
    var wantsHelp = false
    var wantsVersion = false
    /// What is wrong, in the order of the command line.
    var problems: [String] = []

    /// Reads `arguments` (without the program's name). `flags` maps each known name to whether it needs a value.
    init(_ arguments: [String], flags: [String: Bool]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-"), argument != "-" else {
                problems.append("\(SecretURL.redact(argument)): there are no arguments without a flag; see --help")
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let flag = String(parts[0])
            let name = String(flag.drop { $0 == "-" })
            var value = parts.count == 2 ? String(parts[1]) : nil
            switch flag {
            case "--help", "-h":
                wantsHelp = true
            case "--version":
                wantsVersion = true
            default:
                guard flag == "--\(name)", let needsValue = flags[name] else {
                    let known = nearestName(to: name, among: flags.keys.sorted() + ["help", "version"])
                    let hint = known.map { "did you mean --\($0)?" } ?? "see --help"
                    problems.append("\(flag): there is no such flag; \(hint)")
                    // What follows belongs to the unknown flag; one mistake is one message.
                    if value == nil, let next = rest.first, !next.hasPrefix("-") { rest.removeFirst() }
                    continue
                }
                if value == nil, needsValue {
                    if let next = rest.first, !next.hasPrefix("--") { value = rest.removeFirst() }
                }
                guard let value = value ?? (needsValue ? nil : "yes") else {
                    problems.append("\(flag): the value is missing; see --help")
                    continue
                }
                if values.updateValue(value, forKey: name) != nil {
                    problems.append("\(flag): given twice; give it once")
                }
            }
        }
    }
}
