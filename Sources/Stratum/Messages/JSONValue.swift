internal import Foundation
internal import Mining

/// A value of a message.
enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is no integer of 64 bits; infinity for one that no floating-point number holds.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The number, where it is one.
    var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// The text, where it is one.
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// Whether it may name a request: a number, a text or null.
    var isRequestID: Bool {
        switch self {
        case .null, .integer, .number, .string: true
        case .bool, .array, .object: false
        }
    }
}

extension JSONValue {
    /// Reads the object of a line; nil when it is not JSON, another value, or beyond the limits.
    static func object(in line: [UInt8], limits: MessageLimits = MessageLimits()) -> [String: JSONValue]? {
        let extent = extent(of: line)
        guard extent.depth <= limits.depth, extent.values <= limits.values else { return nil }
        return try? JSONDecoder().decode([String: JSONValue].self, from: Data(line))
    }

    /// How deep brackets are nested, and how many commas and opening brackets there are, those in texts aside. Right for JSON, and no
    /// less than what a parser meets in anything else.
    static func extent(of line: [UInt8]) -> (depth: Int, values: Int) {
        var depth = 0
        var deepest = 0
        var values = 0
        var isInText = false
        var isEscaped = false
        for byte in line {
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
                values += 1
            case UInt8(ascii: ","): values += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return (deepest, values)
    }
}

extension JSONValue: Decodable {
    /// Tries one type after the other, the frequent ones first: a decoder does not say what it holds.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let values = try? container.decode([JSONValue].self) {
            self = .array(values)
        } else if container.decodeNil() {
            self = .null
        } else if let number = try? container.decode(Int64.self) {
            self = .integer(number)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let members = try? container.decode([String: JSONValue].self) {
            self = .object(members)
        } else {
            // What is left of JSON is a number such as 1e999.
            self = .number(.infinity)
        }
    }
}

extension JSONValue {
    /// Appends the value as JSON without blanks, members in the order of their names.
    func write(to line: inout [UInt8]) {
        switch self {
        case .null: line += "null".utf8
        case .bool(let flag): line += (flag ? "true" : "false").utf8
        case .integer(let number): line += "\(number)".utf8
        case .number(let number): Self.write(number, to: &line)
        case .string(let text): Self.write(text, to: &line)
        case .array(let values):
            line.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                value.write(to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .object(let members):
            line.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &line)
                line.append(UInt8(ascii: ":"))
                member.value.write(to: &line)
            }
            line.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ number: Double, to line: inout [UInt8]) {
        if let whole = Int64(exactly: number), abs(whole) < 1 << 53 {
            line += "\(whole)".utf8
        } else {
            line += (number.isFinite ? "\(number)" : "null").utf8
        }
    }

    private static func write(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case ..<0x20: line += "\\u00\(Hex.encode([byte]))".utf8
            default: line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral {
    init(stringLiteral text: String) { self = .string(text) }
    init(booleanLiteral flag: Bool) { self = .bool(flag) }
    init(arrayLiteral values: JSONValue...) { self = .array(values) }
}
