extension MessagePackValue: CustomStringConvertible {
    /// The value on one line, much as a literal would be written; bytes as `h'00ff'`, extensions as `ext(5, h'00')`.
    public var description: String {
        switch self {
        case .null: "nil"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .uint(let value): "\(value)"
        case .float(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value.debugDescription
        case .binary(let bytes): "h'\(hex(bytes))'"
        case .array(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
        case .map(let entries): "{" + entries.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
        case .ext(let type, let bytes): "ext(\(type), h'\(hex(bytes))')"
        case .timestamp(let value): value.description
        }
    }

    /// The value as a key in a format whose keys are strings.
    var keyText: String {
        switch self {
        case .string(let value): value
        case .binary(let bytes): hex(bytes)
        default: description
        }
    }
}
