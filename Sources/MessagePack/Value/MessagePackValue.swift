/// Any MessagePack value: for tools, for arguments whose type is not known, and as an argument type of its own.
public enum MessagePackValue: Sendable, Hashable {
    /// nil.
    case null
    /// true or false.
    case bool(Bool)
    /// An integer up to Int64.max.
    case int(Int64)
    /// An integer above Int64.max; a smaller one is an `int`, which ``init(_:)-(UInt64)`` sees to.
    case uint(UInt64)
    /// A 32-bit floating-point number.
    case float(Float)
    /// A 64-bit floating-point number.
    case double(Double)
    /// A string.
    case string(String)
    /// A byte array.
    case binary([UInt8])
    /// A sequence of values.
    case array([MessagePackValue])
    /// Pairs in the order of the message. Two maps are equal if they hold the same pairs in the same order.
    case map([MessagePackMapEntry])
    /// An extension value of any type but -1, which is `timestamp`.
    case ext(type: Int8, [UInt8])
    /// A moment.
    case timestamp(MessagePackTimestamp)

    /// An integer, as `int` if that holds it and as `uint` if not.
    public init(_ value: UInt64) {
        self = Int64(exactly: value).map(MessagePackValue.int) ?? .uint(value)
    }

    /// An integer.
    public init(_ value: Int) {
        self = .int(Int64(value))
    }

    /// A map with string keys, in the order given.
    public static func map(_ pairs: KeyValuePairs<String, MessagePackValue>) -> MessagePackValue {
        .map(pairs.map { MessagePackMapEntry(.string($0.key), $0.value) })
    }
}

/// A key and its value in a map.
public struct MessagePackMapEntry: Sendable, Hashable {
    /// The key: mostly a string, but any value will do.
    public var key: MessagePackValue
    /// What belongs to the key.
    public var value: MessagePackValue

    /// Creates a pair.
    public init(_ key: MessagePackValue, _ value: MessagePackValue) {
        self.key = key
        self.value = value
    }
}

extension MessagePackValue {
    /// What a string key maps to, the last one if the key is there more than once; nil if this is no map or has no
    /// such key.
    public subscript(key: String) -> MessagePackValue? {
        mapValue?.last { $0.key.stringValue == key }?.value
    }

    /// The element of an array; nil if this is no array or has no such element.
    public subscript(index: Int) -> MessagePackValue? {
        guard let elements = arrayValue, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// Whether this is nil.
    public var isNull: Bool { self == .null }

    /// The boolean, if this is one.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number as an `Int`, if this is a number and that holds it exactly.
    public var intValue: Int? { number?.exactly(Int.self) }

    /// The number as a `UInt64`, if this is a number and that holds it exactly.
    public var uintValue: UInt64? { number?.exactly(UInt64.self) }

    /// The number as a `Double`, if this is a number and that holds it exactly.
    public var doubleValue: Double? { number?.exactDouble }

    /// The string, if this is one.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The bytes, if this is a byte array.
    public var binaryValue: [UInt8]? {
        if case .binary(let value) = self { value } else { nil }
    }

    /// The elements, if this is an array.
    public var arrayValue: [MessagePackValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The pairs, if this is a map.
    public var mapValue: [MessagePackMapEntry]? {
        if case .map(let value) = self { value } else { nil }
    }

    /// The moment, if this is a timestamp.
    public var timestampValue: MessagePackTimestamp? {
        if case .timestamp(let value) = self { value } else { nil }
    }

    private var number: Number? {
        switch self {
        case .int(let value): .signed(value)
        case .uint(let value): .unsigned(value)
        case .float(let value): .float(value)
        case .double(let value): .double(value)
        default: nil
        }
    }
}

extension MessagePackValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// nil.
    public init(nilLiteral: ()) { self = .null }
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// A 64-bit floating-point number.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    public init(arrayLiteral elements: MessagePackValue...) { self = .array(elements) }
    /// A map in the order written.
    public init(dictionaryLiteral elements: (MessagePackValue, MessagePackValue)...) {
        self = .map(elements.map { MessagePackMapEntry($0.0, $0.1) })
    }
}
