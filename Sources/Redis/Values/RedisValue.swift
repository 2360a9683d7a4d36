/// A reply of the server, as RESP2 knows them.
public enum RedisValue: Sendable, Hashable {
    /// Nothing: a missing key, an aborted transaction, a block that timed out.
    case null
    /// A simple string, such as `OK`.
    case status(String)
    /// An error as an element of an array or of a pipeline; as the reply to one command it is thrown instead.
    case error(String)
    /// A signed number.
    case integer(Int64)
    /// A string of bytes.
    case bytes([UInt8])
    /// Replies in order.
    case array([RedisValue])
}

extension RedisValue {
    /// Whether there is nothing.
    public var isNull: Bool { self == .null }

    /// The text of a status or of a string of valid UTF-8; nil for everything else.
    public var string: String? {
        switch self {
        case .status(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// The bytes of a string or a status; nil for everything else.
    public var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .status(let text): Array(text.utf8)
        default: nil
        }
    }

    /// A number, or a string that is one in decimal; nil for everything else.
    public var integer: Int64? {
        switch self {
        case .integer(let number): number
        default: string.flatMap { Int64($0) }
        }
    }

    /// The elements of an array; nil for everything else.
    public var array: [RedisValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The text of an error; nil for everything else.
    public var errorText: String? {
        guard case .error(let text) = self else { return nil }
        return text
    }

    /// An array of alternating names and values (`HGETALL`, the fields of a stream entry) as pairs; nil when it is not one.
    public var pairs: [(name: String, value: RedisValue)]? {
        guard let elements = array, elements.count.isMultiple(of: 2) else { return nil }
        var pairs: [(name: String, value: RedisValue)] = []
        pairs.reserveCapacity(elements.count / 2)
        for index in stride(from: 0, to: elements.count, by: 2) {
            guard let name = elements[index].string else { return nil }
            pairs.append((name, elements[index + 1]))
        }
        return pairs
    }
}
