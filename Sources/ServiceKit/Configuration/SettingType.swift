/// How the values of a setting are read, checked and shown.
public struct SettingType<Value: Sendable>: Sendable {
    /// The word for the value in `--help`, such as `SECONDS`; nil for a switch.
    let placeholder: String?
    let parse: @Sendable (_ text: String) throws(InvalidSetting) -> Value
    let describe: @Sendable (_ value: Value) -> String
    let redact: @Sendable (_ text: String) -> String

    /// Makes a type of setting.
    ///
    /// - Parameters:
    ///   - placeholder: The word for the value in `--help`.
    ///   - redact: Takes secrets out of a text that could not be read, so that an error may show it.
    ///   - describe: Shows a value, without secrets; what it returns has to be readable by `parse` where it is no secret.
    ///   - parse: Reads and checks a value.
    public init(
        _ placeholder: String,
        redact: @escaping @Sendable (_ text: String) -> String = { $0 },
        describe: @escaping @Sendable (_ value: Value) -> String,
        parse: @escaping @Sendable (_ text: String) throws(InvalidSetting) -> Value
    ) {
        self.init(placeholder: placeholder, redact: redact, describe: describe, parse: parse)
    }

    private init(
        placeholder: String?,
        redact: @escaping @Sendable (String) -> String,
        describe: @escaping @Sendable (Value) -> String,
        parse: @escaping @Sendable (String) throws(InvalidSetting) -> Value
    ) {
        self.placeholder = placeholder
        self.parse = parse
        self.describe = describe
        self.redact = redact
    }

    /// The same values, or none at all as long as nothing is given; `absent` is what `--help` says then.
    public func optional(absent: String) -> SettingType<Value?> {
        let type = self
        return SettingType<Value?>(
            placeholder: placeholder, redact: redact,
            describe: { $0.map(type.describe) ?? absent },
            parse: { text throws(InvalidSetting) in try type.parse(text) })
    }
}

extension SettingType where Value == Bool {
    /// A switch: `--name`, or a word that says yes or no.
    public static var toggle: Self {
        .init(placeholder: nil, redact: { $0 }, describe: { $0 ? "yes" : "no" }) { text throws(InvalidSetting) in
            switch text.lowercased() {
            case "yes", "true", "on", "1": true
            case "no", "false", "off", "0": false
            default: throw InvalidSetting("not a yes or a no; give yes or no")
            }
        }
    }
}

extension SettingType where Value == String {
    /// Text of 1 to `maximumBytes` bytes without control characters. Passwords of URLs in it are never shown.
    public static func text(_ placeholder: String, maximumBytes: Int = 1024) -> Self {
        .init(placeholder, redact: SecretURL.redact, describe: SecretURL.redact) { text throws(InvalidSetting) in
            guard !text.isEmpty else { throw InvalidSetting("empty; give at least one character") }
            guard text.utf8.count <= maximumBytes else {
                throw InvalidSetting("\(text.utf8.count) bytes long; give at most \(maximumBytes) bytes")
            }
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
                throw InvalidSetting("has control characters; give plain text")
            }
            return text
        }
    }

    /// The name or the address of a host. An IPv6 address may stand in the brackets that it has in a URL; they are taken off.
    public static func host(_ placeholder: String) -> Self {
        let text = text(placeholder, maximumBytes: 255)
        return .init(placeholder, redact: text.redact, describe: text.describe) { given throws(InvalidSetting) in
            let host = try text.parse(given)
            let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.contains(":")
            return isBracketed ? String(host.dropFirst().dropLast()) : host
        }
    }

    /// Lower case letters, digits and dashes, 1 to 64 of them: what may stand in a registry key.
    public static var name: Self {
        .init("NAME", describe: { $0 }) { text throws(InvalidSetting) in
            let allowed = text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
            guard allowed, (1...64).contains(text.utf8.count) else {
                throw InvalidSetting("not a name; give 1 to 64 lower case letters, digits and dashes, such as pool-1")
            }
            return text
        }
    }
}

extension SettingType where Value == Int {
    /// A whole number in `range`.
    public static func integer(_ range: ClosedRange<Int>, _ placeholder: String = "NUMBER") -> Self {
        .init(placeholder, describe: { String($0) }) { text throws(InvalidSetting) in
            guard let number = Int(text), range.contains(number) else {
                throw InvalidSetting(
                    "not a whole number from \(range.lowerBound) to \(range.upperBound); "
                        + "give one such as \(range.lowerBound)")
            }
            return number
        }
    }
}

extension SettingType where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of a few words: the cases of an enumeration.
    public static func choice(_ placeholder: String) -> Self {
        let words = Value.allCases.map(\.rawValue)
        return .init(placeholder, describe: { $0.rawValue }) { text throws(InvalidSetting) in
            guard let value = Value(rawValue: text.lowercased()) else {
                throw InvalidSetting("not one of \(words.joined(separator: ", ")); give one of them")
            }
            return value
        }
    }
}

extension StringProtocol {
    /// The text without the blanks and line ends around it.
    func trimmingBlanks() -> SubSequence {
        let rest = drop(while: \.isWhitespace)
        guard let last = rest.lastIndex(where: { !$0.isWhitespace }) else { return rest.prefix(0) }
        return rest[...last]
    }
}
