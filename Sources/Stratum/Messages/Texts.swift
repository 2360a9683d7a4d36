internal import Mining

/// A text of a miner as it may stand in logs and tables: without control characters, and cut at a character's end.
func printable(_ text: String, limit: Int) -> String {
    var printable = ""
    var bytes = 0
    for scalar in text.unicodeScalars where !isControl(scalar) {
        bytes += scalar.utf8.count
        guard bytes <= limit else { break }
        printable.unicodeScalars.append(scalar)
    }
    return printable
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
    default: false
    }
}

/// The text at an index of params; nil where there is none or null.
func optionalText(_ params: [JSONValue], _ index: Int, _ name: String) throws(StratumError) -> String? {
    guard params.indices.contains(index), params[index] != .null else { return nil }
    guard let text = params[index].text else { throw StratumError(.other, "\(name) is a text") }
    return text
}

/// The number of 8 hexadecimal digits of either case, the most significant first; nil for anything else.
func number(hex digits: String) -> UInt32? {
    guard digits.utf8.count == 8, let bytes = Hex.decode(digits) else { return nil }
    return bytes.reduce(0) { $0 << 8 | UInt32($1) }
}

/// A number's bytes, the most significant first: how the extranonce stands in the coinbase.
func bigEndianBytes(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
}

/// 8 lower-case hexadecimal digits, the most significant first.
func hex(_ number: UInt32) -> String { Hex.encode(bigEndianBytes(number)) }
