/// One word of a command: text, bytes or a number. Literals of strings and integers are arguments as they stand.
public struct RedisArgument: Sendable, Hashable {
    private enum Storage: Hashable {
        case text(String)
        case bytes([UInt8])
        case integer(Int64)
    }

    private let storage: Storage

    /// Text, sent as UTF-8.
    public init(_ text: String) { storage = .text(text) }

    /// Bytes as they are.
    public init(_ bytes: [UInt8]) { storage = .bytes(bytes) }

    /// A number, sent in decimal.
    public init(_ number: some FixedWidthInteger) {
        storage = Int64(exactly: number).map { .integer($0) } ?? .text("\(number)")
    }

    /// The text of the argument where it is text.
    var text: String? {
        guard case .text(let text) = storage else { return nil }
        return text
    }

    /// Appends the argument as a RESP bulk string.
    func encode(into output: inout [UInt8]) {
        switch storage {
        case .text(var text):
            text.withUTF8 { Self.encode($0, into: &output) }
        case .bytes(let bytes):
            bytes.withUnsafeBufferPointer { Self.encode($0, into: &output) }
        case .integer(let number):
            var text = String(number)
            text.withUTF8 { Self.encode($0, into: &output) }
        }
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        output.appendLine("$", bytes.count)
        output.append(contentsOf: bytes)
        output.append(contentsOf: [13, 10])
    }
}

extension RedisArgument: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    /// Text, sent as UTF-8.
    public init(stringLiteral value: String) { self.init(value) }

    /// A number, sent in decimal.
    public init(integerLiteral value: Int64) { self.init(value) }
}

extension [UInt8] {
    /// A RESP header: its sign, a count and the end of the line.
    mutating func appendLine(_ sign: Unicode.Scalar, _ count: Int) {
        append(UInt8(ascii: sign))
        append(contentsOf: String(count).utf8)
        append(13)
        append(10)
    }
}
