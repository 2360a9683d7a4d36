internal import Foundation
internal import MessagePack
internal import Testing

@Suite struct ValueTests {
    let value: MessagePackValue = [
        "name": "mesh", "list": [1, -2, 3.5, nil, true], "map": ["a": 1, "a": 2], 7: "seven",
    ]

    @Test("subscripts and accessors")
    func accessors() {
        #expect(value["name"]?.stringValue == "mesh")
        #expect(value["list"]?[1]?.intValue == -2)
        #expect(value["list"]?[2]?.doubleValue == 3.5)
        #expect(value["list"]?[2]?.intValue == nil)
        #expect(value["list"]?[3]?.isNull == true)
        #expect(value["list"]?[4]?.boolValue == true)
        #expect(value["list"]?[5] == nil)
        #expect(value["map"]?["a"]?.intValue == 2)
        #expect(value["none"] == nil)
        #expect(value["name"]?["x"] == nil)
        #expect(value.mapValue?.count == 4)
        #expect(MessagePackValue(UInt64.max) == .uint(.max))
        #expect(MessagePackValue(5 as UInt64) == .int(5))
        #expect(MessagePackValue.uint(.max).intValue == nil)
        #expect(MessagePackValue.uint(.max).uintValue == .max)
        #expect(MessagePackValue.double(3).intValue == 3)
        #expect(MessagePackValue.binary([1]).binaryValue == [1])
    }

    @Test("a value goes through JSON: bytes as hexadecimal digits, moments as RFC 3339, extensions as objects")
    func json() throws {
        let rich: MessagePackValue = [
            "bytes": .binary([0xde, 0xad]), "ext": .ext(type: 3, [1]), "list": [1, -1, 1.5, nil, false, []],
            "time": .timestamp(MessagePackTimestamp(seconds: 1_763_688_210, nanoseconds: 500_000_000)),
            "top": .uint(.max), 7: [:],
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(rich), as: UTF8.self)
        #expect(
            text == """
                {"7":{},"bytes":"dead","ext":{"data":"01","type":3},"list":[1,-1,1.5,null,false,[]],\
                "time":"2025-11-21T01:23:30.5Z","top":18446744073709551615}
                """)
        let back = try JSONDecoder().decode(MessagePackValue.self, from: Data(text.utf8))
        #expect(
            back == [
                "7": [:], "bytes": "dead", "ext": ["data": "01", "type": 3], "list": [1, -1, 1.5, nil, false, []],
                "time": "2025-11-21T01:23:30.5Z", "top": .uint(.max),
            ])
        #expect(try JSONDecoder().decode(MessagePackValue.self, from: Data("null".utf8)) == .null)
        let scalars = try JSONDecoder().decode([MessagePackValue].self, from: Data("[true, 1, \"x\", null]".utf8))
        #expect(scalars == [true, 1, "x", nil])
    }

    @Test("a value is a property like any other")
    func property() throws {
        struct Call: Codable, Equatable {
            var arguments: [MessagePackValue]
            var context: MessagePackValue?
        }
        let call = Call(arguments: [value, .ext(type: 1, [2]), nil], context: ["k": .binary([1])])
        #expect(try MessagePackDecoder().decode(Call.self, from: MessagePackEncoder().encode(call)) == call)
        let json = try JSONEncoder().encode(Call(arguments: [1, nil, ["a": "b"]], context: nil))
        #expect(try JSONDecoder().decode(Call.self, from: json).arguments == [1, nil, ["a": "b"]])
    }

    @Test(
        "timestamps as text",
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"), (-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400, 0, "2000-02-29T00:00:00Z"), (4_107_542_400, 1_000, "2100-03-01T00:00:00.000001Z"),
            (-62_135_596_800, 0, "0001-01-01T00:00:00Z"), (253_402_300_799, 0, "9999-12-31T23:59:59Z"),
        ] as [(Int64, UInt32, String)])
    func timestampText(_ seconds: Int64, _ nanoseconds: UInt32, _ text: String) throws {
        let timestamp = MessagePackTimestamp(seconds: seconds, nanoseconds: nanoseconds)
        #expect(timestamp.description == text)
        let json = try JSONEncoder().encode([timestamp])
        #expect(try JSONDecoder().decode([MessagePackTimestamp].self, from: json) == [timestamp])
    }

    @Test("what is no timestamp text is refused")
    func timestampNonsense() {
        for text in ["", "now", "2025-13-01T00:00:00Z", "2025-11-21", "2025-11-21T01:23:30", "2025-11-21T01:23:30.Z"] {
            #expect(MessagePackTimestamp(text) == nil, "\(text)")
        }
        #expect(MessagePackTimestamp(seconds: .min).description.hasSuffix("Z"))
        #expect(MessagePackTimestamp(seconds: .max).description.hasSuffix("Z"))
    }

    @Test("the description of a value is short enough for a log line")
    func description() {
        let text = (["a": [1, .binary([0xab]), "q\"", nil], 2: .uint(.max)] as MessagePackValue).description
        #expect(text == #"{"a": [1, h'ab', "q\"", nil], 2: 18446744073709551615}"#)
    }
}
