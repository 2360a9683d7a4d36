extension SettingType where Value == Duration {
    /// A duration in `range`: a number of seconds, or a number with one of the units `ms`, `s`, `m` and `h`.
    public static func duration(_ range: ClosedRange<Duration>) -> Self {
        .init("SECONDS", describe: { $0.shortText }) { text throws(InvalidSetting) in
            guard let value = Duration(settingText: text), range.contains(value) else {
                throw InvalidSetting(
                    "not a duration from \(range.lowerBound.shortText) to \(range.upperBound.shortText); "
                        + "give seconds such as 15, or a unit such as 500ms, 15s or 2m")
            }
            return value
        }
    }
}

extension Duration {
    /// Reads `15`, `0.5`, `15s`, `500ms`, `2m` or `1h`.
    init?(settingText text: String) {
        let units: [(suffix: String, milliseconds: Double)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("", 1000),
        ]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
        // No hex, no exponents, no signs, no infinity: only what a person writes.
        let digits = text.dropLast(unit.suffix.count)
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else { return nil }
        guard let number = Double(digits), number * unit.milliseconds < 1e15 else { return nil }
        self = .milliseconds(Int64((number * unit.milliseconds).rounded()))
    }

    /// The shortest text that ``init(settingText:)`` reads back, rounded to milliseconds: `15s`, `1500ms`.
    var shortText: String {
        let milliseconds = Int64((self / .milliseconds(1)).rounded())
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}
