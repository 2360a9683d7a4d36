/// How log lines are written.
public enum LogFormat: String, CaseIterable, Sendable {
    /// For people: time, level, logger, message, key=value.
    case text
    /// For machines: one JSON object a line.
    case json
}

/// Whether log lines in text have colours.
public enum LogColor: String, CaseIterable, Sendable {
    /// Where standard error is a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    case auto
    /// Always, for a pager that understands them.
    case always
    /// Never.
    case never
}
