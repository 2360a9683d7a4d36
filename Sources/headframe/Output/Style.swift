internal import Glibc

/// Colours where somebody sees them: on a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
struct Style: Sendable {
    enum Color: Int, Sendable {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
    }

    let isColored: Bool

    /// As standard output and these variables ask for; an empty `NO_COLOR` counts as not set (<https://no-color.org>).
    init(isTerminal: Bool, environment: (String) -> String?) {
        isColored = isTerminal && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
    }

    /// What standard output bears.
    static let standardOutput = Style(isTerminal: StandardOutput.isTerminal) { name in
        getenv(name).map { String(cString: $0) }
    }

    func callAsFunction(_ color: Color?, _ text: String) -> String {
        guard isColored, let color else { return text }
        return "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m"
    }
}
