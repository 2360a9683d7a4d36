internal import MessagePack

/// Values as JSON text, keys in the order in which they came.
///
/// What JSON has no word for is written as `MessagePackValue` says: bytes as hex digits, a timestamp as RFC 3339 text, an
/// extension as an object with `type` and `data`. A number that is not finite becomes null.
enum JSONText {
    /// On one line.
    static func compact(_ value: MessagePackValue) -> String {
        var text = ""
        write(value, indent: nil, to: &text)
        return text
    }

    /// On as many lines as it has elements, for people.
    static func pretty(_ value: MessagePackValue) -> String {
        var text = ""
        write(value, indent: 0, to: &text)
        return text
    }

    /// Pretty on a terminal, else on one line.
    static func forReader(_ value: MessagePackValue) -> String {
        StandardOutput.isTerminal ? pretty(value) : compact(value)
    }

    private static func write(_ value: MessagePackValue, indent: Int?, to text: inout String) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += "\(value)"
        case .uint(let value): text += "\(value)"
        case .float(let value): text += value.isFinite ? "\(value)" : "null"
        case .double(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): quote(value, to: &text)
        case .binary(let bytes): quote(hex(bytes), to: &text)
        case .timestamp(let value): quote(value.description, to: &text)
        case .ext(let type, let bytes):
            write(.map(["type": .int(Int64(type)), "data": .string(hex(bytes))]), indent: indent, to: &text)
        case .array(let elements):
            list("[", "]", elements, indent: indent, to: &text) { element, inner, text in
                write(element, indent: inner, to: &text)
            }
        case .map(let entries):
            list("{", "}", entries, indent: indent, to: &text) { entry, inner, text in
                quote(key(entry.key), to: &text)
                text += indent == nil ? ":" : ": "
                write(entry.value, indent: inner, to: &text)
            }
        }
    }

    private static func list<Element>(
        _ open: String, _ close: String, _ elements: [Element], indent: Int?, to text: inout String,
        _ element: (Element, Int?, inout String) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 2 }
        for (index, item) in elements.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            element(item, inner, &text)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
        text += close
    }

    private static func key(_ key: MessagePackValue) -> String {
        switch key {
        case .string(let text): text
        case .binary(let bytes): hex(bytes)
        default: key.description
        }
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            // The control characters beyond ASCII would let a hostile answer steer a terminal.
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}": text += "\\u00" + hex([UInt8(scalar.value)])
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

extension MessagePackValue {
    /// A string, or null where there is none.
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    /// Seconds with three decimals.
    init(seconds duration: Duration) {
        self = .double((duration / .milliseconds(1)).rounded() / 1000)
    }
}
