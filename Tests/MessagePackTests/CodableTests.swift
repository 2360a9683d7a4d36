internal import Foundation
internal import MessagePack
internal import TestSupport
internal import Testing

@Suite struct CodableTests {
    let encoder = MessagePackEncoder()
    let decoder = MessagePackDecoder()

    private func expectRoundTrip<Value: Codable & Equatable>(_ value: Value, as expected: MessagePackValue) throws {
        let message = try encoder.encode(value)
        #expect(try decoder.decode(MessagePackValue.self, from: message) == expected)
        #expect(try decoder.decode(Value.self, from: message) == value)
    }

    @Test("scalars")
    func scalars() throws {
        try expectRoundTrip(true, as: true)
        try expectRoundTrip("grüß", as: "grüß")
        try expectRoundTrip(Int8.min, as: -128)
        try expectRoundTrip(UInt64.max, as: .uint(.max))
        try expectRoundTrip(Int64.min, as: .int(.min))
        try expectRoundTrip(Float(0.1), as: .float(0.1))
        try expectRoundTrip(0.1, as: 0.1)
        try expectRoundTrip(Int128(-5), as: -5)
        try expectRoundTrip(Int?.none, as: .null)
        try expectRoundTrip([1, nil, 3], as: [1, nil, 3])
        #expect(code { _ = try encoder.encode(UInt128.max) } == .numberOutOfRange)
    }

    @Test("bytes and moments have forms of their own")
    func bytesAndMoments() throws {
        try expectRoundTrip([1, 2] as [UInt8], as: .binary([1, 2]))
        try expectRoundTrip(Data([1, 2]), as: .binary([1, 2]))
        let moment = MessagePackTimestamp(seconds: -1, nanoseconds: 500_000_000)
        try expectRoundTrip(moment, as: .timestamp(moment))
        try expectRoundTrip(Date(timeIntervalSince1970: -0.5), as: .timestamp(moment))
        #expect(try decoder.decode([UInt8].self, from: [1, 2] as MessagePackValue) == [1, 2])
        #expect(try decoder.decode(Data.self, from: [1, 2] as MessagePackValue) == Data([1, 2]))
        #expect(try decoder.decode(Date.self, from: 1.5 as MessagePackValue) == Date(timeIntervalSince1970: 1.5))
        #expect(code { _ = try encoder.encode(Date(timeIntervalSince1970: .infinity)) } == .numberOutOfRange)
    }

    @Test("dictionaries are maps, with text for integer keys, and integer keys are understood")
    func dictionaries() throws {
        try expectRoundTrip(["a": 1], as: ["a": 1])
        try expectRoundTrip(["5": 1], as: ["5": 1])
        try expectRoundTrip([5: "x"], as: ["5": "x"])
        #expect(try decoder.decode([Int: String].self, from: [5: "x", -1: "y"]) == [5: "x", -1: "y"])
        #expect(try decoder.decode([String: Int].self, from: [.binary(Array("k".utf8)): 1, nil: 2]) == ["k": 1])
        let many = Dictionary(uniqueKeysWithValues: (0..<70_000).map { ("key \($0)", $0) })
        #expect(try decoder.decode([String: Int].self, from: encoder.encode(many)) == many)
    }

    @Test("the last of several equal keys counts", arguments: [3, 40])
    func duplicateKeys(_ count: Int) throws {
        let pairs = (0..<count).map { MessagePackMapEntry("a", MessagePackValue($0)) }
        #expect(try decoder.decode([String: Int].self, from: .map(pairs)) == ["a": count - 1])
        #expect(MessagePackValue.map(pairs)["a"]?.intValue == count - 1)
    }

    @Test("a type with one of everything")
    func sample() throws {
        var random = SeededRandom(seed: seedOfThisRun("a type with one of everything"))
        for _ in 0..<50 {
            let sample = Sample.random(using: &random)
            #expect(try decoder.decode(Sample.self, from: encoder.encode(sample)) == sample)
        }
    }

    @Test("classes, super encoders and nested containers that are written in turns")
    func containers() throws {
        let value = try encoder.value(of: Weaver())
        #expect(value == ["a": ["x": 1, "y": 3], "b": [2, 4], "after": true])
        let child = Child(base: 7, own: "x")
        #expect(try encoder.value(of: child) == ["own": "x", "super": ["base": 7], "last": 1])
        let back = try decoder.decode(Child.self, from: encoder.encode(child))
        #expect(back.base == 7 && back.own == "x")
    }

    @Test("many elements get the longer headers, nested containers in their places")
    func longContainers() throws {
        let rows = (0..<20).map { row in (0..<(row * 100)).map { $0 } }
        #expect(try decoder.decode([[Int]].self, from: encoder.encode(rows)) == rows)
        let message = try encoder.encode(Columns(count: 300))
        #expect(try decoder.decode([[Int]].self, from: message) == (0..<300).map { [$0, $0 + 1] })
    }

    @Test("an element that cannot be encoded leaves nothing behind")
    func failedElement() throws {
        #expect(try encoder.value(of: Forgiving()) == ["good": 1])
        var writer = MessagePackWriter()
        writer.writeInt(1)
        #expect(code { try encoder.encode([Unencodable()], into: &writer) } == .notEncodable)
        #expect(writer.bytes == [1])
    }

    @Test("numbers are taken across their forms where exact")
    func numbers() throws {
        #expect(try decoder.decode(Int.self, from: 3.0 as MessagePackValue) == 3)
        #expect(try decoder.decode(UInt8.self, from: .float(255)) == 255)
        #expect(try decoder.decode(Double.self, from: 3 as MessagePackValue) == 3)
        #expect(try decoder.decode(Double.self, from: .float(0.5)) == 0.5)
        #expect(try decoder.decode(Float.self, from: 0.1 as MessagePackValue) == 0.1)
        #expect(try decoder.decode(Float.self, from: .double(.nan)).isNaN)
        #expect(try decoder.decode(Float.self, from: .double(.infinity)) == .infinity)
        #expect(code { _ = try decoder.decode(Int.self, from: 3.5 as MessagePackValue) } == .numberOutOfRange)
        #expect(code { _ = try decoder.decode(Int.self, from: .double(.nan)) } == .numberOutOfRange)
        #expect(code { _ = try decoder.decode(Int.self, from: .double(1e30)) } == .numberOutOfRange)
        #expect(code { _ = try decoder.decode(Int8.self, from: 128 as MessagePackValue) } == .numberOutOfRange)
        #expect(code { _ = try decoder.decode(UInt.self, from: -1 as MessagePackValue) } == .numberOutOfRange)
        #expect(code { _ = try decoder.decode(Double.self, from: .int(1 << 53 + 1)) } == .numberOutOfRange)
        #expect(code { _ = try decoder.decode(Float.self, from: 1e300 as MessagePackValue) } == .numberOutOfRange)
        #expect(code { _ = try decoder.decode(Int.self, from: true as MessagePackValue) } == .typeMismatch)
        #expect(code { _ = try decoder.decode(Bool.self, from: 1 as MessagePackValue) } == .typeMismatch)
    }

    @Test("errors say what was decoded, where in it, and what was found there")
    func errors() throws {
        func text<Value: Decodable>(_ type: Value.Type, _ value: MessagePackValue) -> String? {
            failure(of: { _ = try decoder.decode(type, from: value) })?.description
        }
        typealias Rows = [String: [[String: UInt8]]]
        let start = "MessagePack: cannot decode Dictionary<String, Array<Dictionary<String, UInt8>>> at"
        #expect(text(Rows.self, ["r": [["a": 300]]]) == "\(start) r[0].a: 300 does not fit UInt8 exactly (at byte 7)")
        #expect(text(Rows.self, ["r": [[:], 3]]) == "\(start) r[1]: expected map, found integer (0x03) (at byte 5)")
        #expect(text(Rows.self, ["r": [["a": nil]]]) == "\(start) r[0].a: expected UInt8, found nil at byte 7")
        #expect(text(Rows.self, []) == "\(start) the top level: expected map, found array (0x90) (at byte 0)")
        #expect(text(Child.self, [:])?.hasSuffix("the map at byte 0 has no key \"own\"") == true)
        #expect(text(Sample.Kind.self, "pool")?.contains("pool") == true)
        #expect(code { _ = try decoder.decode(Child.self, from: [:] as MessagePackValue) } == .missingKey)
        #expect(code { _ = try decoder.decode(Short.self, from: [1] as MessagePackValue) } == .missingValue)
        #expect(code { _ = try decoder.decode([Int].self, from: [nil] as MessagePackValue) } == .missingValue)
        #expect(code { _ = try decoder.decode([String].self, from: [0x91, 0xa1, 0xff]) } == .invalidUTF8)
        #expect(code { _ = try decoder.decode([String: Int].self, from: [0x81, 0xa1, 0xff, 1]) } == .invalidUTF8)
        #expect(code { _ = try decoder.decode(Refusing.self, from: [0x01]) } == .refused)
    }

    @Test("a decoder that a type keeps is empty afterwards, not dangling")
    func escapedDecoder() throws {
        let keeper = try decoder.decode(Keeper.self, from: [0x92, 1, 2])
        #expect(throws: DecodingError.self) { try keeper.decoder.singleValueContainer().decode([Int].self) }
        #expect(throws: DecodingError.self) { try keeper.decoder.unkeyedContainer() }
    }

    @Test("userInfo reaches the types")
    func userInfo() throws {
        let key = try #require(CodingUserInfoKey(rawValue: "scale"))
        var encoder = MessagePackEncoder()
        encoder.userInfo[key] = 10
        var decoder = MessagePackDecoder()
        decoder.userInfo[key] = 10
        #expect(try encoder.value(of: Scaled(value: 2)) == 20)
        #expect(try decoder.decode(Scaled.self, from: 20 as MessagePackValue).value == 2)
    }
}

/// Writes two nested containers in turns.
private struct Weaver: Encodable {
    enum Key: CodingKey { case a, b, after, x, y }

    func encode(to encoder: any Encoder) throws {
        var top = encoder.container(keyedBy: Key.self)
        var a = top.nestedContainer(keyedBy: Key.self, forKey: .a)
        var b = top.nestedUnkeyedContainer(forKey: .b)
        try a.encode(1, forKey: .x)
        try b.encode(2)
        try top.encode(true, forKey: .after)
        try a.encode(3, forKey: .y)
        try b.encode(4)
    }
}

private struct Columns: Encodable {
    let count: Int

    func encode(to encoder: any Encoder) throws {
        var top = encoder.unkeyedContainer()
        var columns = (0..<count).map { _ in top.nestedUnkeyedContainer() }
        for add in 0..<2 {
            for index in columns.indices { try columns[index].encode(index + add) }
        }
    }
}

private class Base: Codable {
    let base: Int

    init(base: Int) {
        self.base = base
    }
}

private final class Child: Base {
    enum Key: CodingKey { case own, last }
    let own: String

    init(base: Int, own: String) {
        self.own = own
        super.init(base: base)
    }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        own = try container.decode(String.self, forKey: .own)
        try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(own, forKey: .own)
        try super.encode(to: container.superEncoder())
        try container.encode(1, forKey: .last)
    }
}

private struct Unencodable: Encodable {
    struct Excuse: Error {}

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode("half")
        throw Excuse()
    }
}

private struct Forgiving: Encodable {
    enum Key: CodingKey { case bad, good }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        #expect(throws: Unencodable.Excuse.self) { try container.encode(Unencodable(), forKey: .bad) }
        try container.encode(1, forKey: .good)
    }
}

/// Wants two elements.
private struct Short: Decodable {
    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        _ = try (container.decode(Int.self), container.decode(Int.self))
    }
}

private struct Refusing: Decodable {
    init(from decoder: any Decoder) throws {
        throw Unencodable.Excuse()
    }
}

private struct Keeper: Decodable {
    let decoder: any Decoder

    init(from decoder: any Decoder) throws {
        self.decoder = decoder
    }
}

private struct Scaled: Codable {
    let value: Int

    init(value: Int) {
        self.value = value
    }

    init(from decoder: any Decoder) throws {
        value = try decoder.singleValueContainer().decode(Int.self) / Self.scale(decoder.userInfo)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value * Self.scale(encoder.userInfo))
    }

    private static func scale(_ userInfo: [CodingUserInfoKey: Any]) -> Int {
        CodingUserInfoKey(rawValue: "scale").flatMap { userInfo[$0] as? Int } ?? 1
    }
}
