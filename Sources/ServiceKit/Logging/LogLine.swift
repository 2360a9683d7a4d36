internal import Logging

/// One event of the log, and how it is written: exactly one line, whatever stands in it.
struct LogLine {
    var time: LogTime
    var level: Logger.Level
    var label: String
    var message: String
    var metadata: Logger.Metadata

    /// `2026-11-21T01:23:16.123Z INFO     jobmanager: message key=value other="two words"`
    func text(colored: Bool) -> String {
        var line = "\(time) "
        let level = level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(1, 9 - level.utf8.count))
        line += colored ? "\(self.level.color)\(level)\u{1b}[0m\(padding)" : level + padding
        label.appendEscaped(to: &line, where: { !$0.isPlain })
        line += ": "
        message.appendEscaped(to: &line, where: { !$0.isPlain })
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            let key = key.quotedIfNeeded
            line += colored ? " \u{1b}[2m\(key)=\u{1b}[0m" : " \(key)="
            value.appendText(to: &line)
        }
        return line + "\n"
    }

    /// `{"time":"...","level":"info","logger":"jobmanager","message":"...","metadata":{"key":"value"}}`
    func json() -> String {
        var line = #"{"time":"\#(time)","level":"\#(level.rawValue)","logger":"#
        label.appendJSON(to: &line)
        line += #","message":"#
        message.appendJSON(to: &line)
        if !metadata.isEmpty {
            line += #","metadata":"#
            Logger.MetadataValue.dictionary(metadata).appendJSON(to: &line)
        }
        return line + "}\n"
    }
}

extension Logger.Level {
    fileprivate var color: String {
        switch self {
        case .trace, .debug: "\u{1b}[2m"
        case .info: "\u{1b}[32m"
        case .notice: "\u{1b}[36m"
        case .warning: "\u{1b}[33m"
        case .error: "\u{1b}[31m"
        case .critical: "\u{1b}[1;31m"
        }
    }
}

extension Logger.MetadataValue {
    fileprivate func appendText(to line: inout String) {
        switch self {
        case .array, .dictionary: appendJSON(to: &line)
        case .string, .stringConvertible: line += "\(self)".quotedIfNeeded
        @unknown default: line += "\(self)".quotedIfNeeded
        }
    }

    fileprivate func appendJSON(to line: inout String) {
        switch self {
        case .string(let text): text.appendJSON(to: &line)
        case .stringConvertible(let value): "\(value)".appendJSON(to: &line)
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                value.appendJSON(to: &line)
            }
            line += "]"
        case .dictionary(let values):
            line += "{"
            for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line += "," }
                key.appendJSON(to: &line)
                line += ":"
                value.appendJSON(to: &line)
            }
            line += "}"
        @unknown default: "\(self)".appendJSON(to: &line)
        }
    }
}

extension Unicode.Scalar {
    /// Neither a control character (C0, DEL, C1) nor a line or paragraph separator: what cannot break a line or
    /// command a terminal.
    fileprivate var isPlain: Bool {
        switch value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: false
        default: true
        }
    }
}

extension String {
    /// As it is, or in quotes if it would not be read as one word.
    fileprivate var quotedIfNeeded: String {
        let isWord = !isEmpty && unicodeScalars.allSatisfy { $0.isPlain && $0 != " " && $0 != "\"" && $0 != "=" }
        if isWord { return self }
        var line = ""
        appendJSON(to: &line)
        return line
    }

    func appendJSON(to line: inout String) {
        line += "\""
        appendEscaped(to: &line, where: { !$0.isPlain || $0 == "\"" || $0 == "\\" })
        line += "\""
    }

    /// Appends the text with the scalars that `isSpecial` names escaped as JSON does it.
    fileprivate func appendEscaped(to line: inout String, where isSpecial: (Unicode.Scalar) -> Bool) {
        for scalar in unicodeScalars {
            guard isSpecial(scalar) else {
                line.unicodeScalars.append(scalar)
                continue
            }
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            default:
                let hex = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            }
        }
    }
}
