/// In MessagePack a value is itself. In another format, such as JSON, which has less to offer, it becomes:
/// bytes a string of hexadecimal digits, a timestamp its RFC 3339 text, an extension an object with `type` and
/// `data`, and a map key that is no string its text. Coming back, those are the strings and objects that they became,
/// and maps have their keys in sorted order.
extension MessagePackValue: Codable {
    /// Writes the value to any encoder.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .array(let elements) where !(encoder is ValueEncoder):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        case .map(let entries) where !(encoder is ValueEncoder):
            var container = encoder.container(keyedBy: TextKey.self)
            for entry in entries { try container.encode(entry.value, forKey: TextKey(entry.key.keyText)) }
        case .ext(let type, let bytes) where !(encoder is ValueEncoder):
            var container = encoder.container(keyedBy: TextKey.self)
            try container.encode(type, forKey: TextKey("type"))
            try container.encode(hex(bytes), forKey: TextKey("data"))
        default:
            var container = encoder.singleValueContainer()
            try encodeScalar(to: &container, isMessagePack: encoder is ValueEncoder)
        }
    }

    private func encodeScalar(to container: inout any SingleValueEncodingContainer, isMessagePack: Bool) throws {
        switch self {
        case _ where isMessagePack: try container.encode(self)
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .uint(let value): try container.encode(value)
        case .float(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .binary(let bytes): try container.encode(hex(bytes))
        case .timestamp(let value): try container.encode(value.description)
        case .array, .map, .ext: preconditionFailure("containers are not scalars")
        }
    }

    /// Reads whatever comes from any decoder.
    public init(from decoder: any Decoder) throws {
        if decoder is ValueDecoder {
            self = try decoder.singleValueContainer().decode(MessagePackValue.self)
        } else if let keyed = try? decoder.container(keyedBy: TextKey.self) {
            let keys = keyed.allKeys.sorted { $0.stringValue < $1.stringValue }
            self = .map(
                try keys.map { key in
                    let value =
                        try keyed.decodeNil(forKey: key) ? .null : keyed.decode(MessagePackValue.self, forKey: key)
                    return MessagePackMapEntry(.string(key.stringValue), value)
                })
        } else if var unkeyed = try? decoder.unkeyedContainer() {
            var elements: [MessagePackValue] = []
            while !unkeyed.isAtEnd {
                elements.append(try unkeyed.decodeNil() ? .null : unkeyed.decode(MessagePackValue.self))
            }
            self = .array(elements)
        } else {
            self = try Self.scalar(decoder.singleValueContainer())
        }
    }

    /// A format that cannot say what comes next is asked for one kind after the other; the last answers for all.
    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> MessagePackValue {
        if container.decodeNil() { return .null }
        if let value = try? container.decode(Bool.self) { return .bool(value) }
        if let value = try? container.decode(Int64.self) { return .int(value) }
        if let value = try? container.decode(UInt64.self) { return MessagePackValue(value) }
        if let value = try? container.decode(Double.self) { return .double(value) }
        return .string(try container.decode(String.self))
    }
}

extension MessagePackTimestamp: Codable {
    /// Writes the timestamp extension in MessagePack and RFC 3339 text elsewhere.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if encoder is ValueEncoder {
            try container.encode(self)
        } else {
            try container.encode(description)
        }
    }

    /// Reads a timestamp, from a format that has none out of such text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if decoder is ValueDecoder {
            self = try container.decode(MessagePackTimestamp.self)
            return
        }
        let text = try container.decode(String.self)
        guard let timestamp = MessagePackTimestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is no time such as 2026-11-21T01:23:30.5Z")
        }
        self = timestamp
    }
}

/// A key that is just its text.
struct TextKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) {
        stringValue = text
    }

    init?(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        stringValue = String(intValue)
    }
}
