internal import MessagePack
internal import Testing

/// One line of the specification's table: a value and the bytes that it has to become.
struct Form: Sendable, CustomTestStringConvertible {
    let value: MessagePackValue
    let bytes: [UInt8]

    init(_ value: MessagePackValue, _ header: [UInt8], _ body: [UInt8] = []) {
        self.value = value
        bytes = header + body
    }

    var testDescription: String { "\(hexText(bytes.prefix(12))), \(bytes.count) bytes" }
}

private func filler(_ count: Int) -> [UInt8] { Array(repeating: 0x61, count: count) }
private func text(_ count: Int) -> MessagePackValue { .string(String(repeating: "a", count: count)) }
private func nils(_ count: Int) -> MessagePackValue { .array(Array(repeating: .null, count: count)) }
private func pairs(_ count: Int) -> MessagePackValue {
    .map(Array(repeating: MessagePackMapEntry(.null, .bool(true)), count: count))
}
private func nilBytes(_ count: Int) -> [UInt8] { Array(repeating: 0xc0, count: count) }
private func pairBytes(_ count: Int) -> [UInt8] { (0..<count).flatMap { _ in [0xc0, 0xc3] as [UInt8] } }

/// Every form of the specification at the edges of its range.
private let smallestForms: [Form] = [
    Form(.null, [0xc0]), Form(false, [0xc2]), Form(true, [0xc3]),
    Form(0, [0x00]), Form(127, [0x7f]), Form(-1, [0xff]), Form(-32, [0xe0]),
    Form(128, [0xcc, 0x80]), Form(255, [0xcc, 0xff]),
    Form(256, [0xcd, 0x01, 0x00]), Form(65535, [0xcd, 0xff, 0xff]),
    Form(65536, [0xce, 0, 1, 0, 0]), Form(4_294_967_295, [0xce, 0xff, 0xff, 0xff, 0xff]),
    Form(4_294_967_296, [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]),
    Form(.int(.max), [0xcf, 0x7f], Array(repeating: 0xff, count: 7)),
    Form(.uint(.max), [0xcf], Array(repeating: 0xff, count: 8)),
    Form(.uint(1 << 63), [0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    Form(-33, [0xd0, 0xdf]), Form(-128, [0xd0, 0x80]),
    Form(-129, [0xd1, 0xff, 0x7f]), Form(-32768, [0xd1, 0x80, 0]),
    Form(-32769, [0xd2, 0xff, 0xff, 0x7f, 0xff]), Form(-2_147_483_648, [0xd2, 0x80, 0, 0, 0]),
    Form(-2_147_483_649, [0xd3, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]),
    Form(.int(.min), [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    Form(.float(1.5), [0xca, 0x3f, 0xc0, 0, 0]), Form(.float(-.infinity), [0xca, 0xff, 0x80, 0, 0]),
    Form(1.5, [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]), Form(-0.0, [0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    Form("", [0xa0]), Form("é", [0xa2, 0xc3, 0xa9]),
    Form(text(31), [0xbf], filler(31)), Form(text(32), [0xd9, 32], filler(32)),
    Form(text(255), [0xd9, 0xff], filler(255)), Form(text(256), [0xda, 1, 0], filler(256)),
    Form(text(65535), [0xda, 0xff, 0xff], filler(65535)), Form(text(65536), [0xdb, 0, 1, 0, 0], filler(65536)),
    Form(.binary([]), [0xc4, 0]), Form(.binary(filler(255)), [0xc4, 0xff], filler(255)),
    Form(.binary(filler(256)), [0xc5, 1, 0], filler(256)),
    Form(.binary(filler(65536)), [0xc6, 0, 1, 0, 0], filler(65536)),
    Form([], [0x90]), Form(nils(15), [0x9f], nilBytes(15)), Form(nils(16), [0xdc, 0, 16], nilBytes(16)),
    Form(nils(65535), [0xdc, 0xff, 0xff], nilBytes(65535)), Form(nils(65536), [0xdd, 0, 1, 0, 0], nilBytes(65536)),
    Form([:], [0x80]), Form(pairs(15), [0x8f], pairBytes(15)), Form(pairs(16), [0xde, 0, 16], pairBytes(16)),
    Form(pairs(65536), [0xdf, 0, 1, 0, 0], pairBytes(65536)),
    Form(.ext(type: 5, filler(1)), [0xd4, 5], filler(1)), Form(.ext(type: -2, filler(2)), [0xd5, 0xfe], filler(2)),
    Form(.ext(type: 5, filler(4)), [0xd6, 5], filler(4)), Form(.ext(type: 5, filler(8)), [0xd7, 5], filler(8)),
    Form(.ext(type: 127, filler(16)), [0xd8, 127], filler(16)),
    Form(.ext(type: 0, []), [0xc7, 0, 0]), Form(.ext(type: 5, filler(3)), [0xc7, 3, 5], filler(3)),
    Form(.ext(type: 5, filler(256)), [0xc8, 1, 0, 5], filler(256)),
    Form(.ext(type: 5, filler(65536)), [0xc9, 0, 1, 0, 0, 5], filler(65536)),
    Form(time(0, 0), [0xd6, 0xff, 0, 0, 0, 0]), Form(time(4_294_967_295, 0), [0xd6, 0xff, 0xff, 0xff, 0xff, 0xff]),
    Form(time(4_294_967_296, 0), [0xd7, 0xff, 0, 0, 0, 1, 0, 0, 0, 0]),
    Form(time(1, 1), [0xd7, 0xff, 0, 0, 0, 4, 0, 0, 0, 1]),
    Form(time((1 << 34) - 1, 999_999_999), [0xd7, 0xff, 0xee, 0x6b, 0x27, 0xff, 0xff, 0xff, 0xff, 0xff]),
    Form(time(1 << 34, 7), [0xc7, 12, 0xff, 0, 0, 0, 7, 0, 0, 0, 4, 0, 0, 0, 0]),
    Form(time(-1, 0), [0xc7, 12, 0xff, 0, 0, 0, 0], Array(repeating: 0xff, count: 8)),
]

private func time(_ seconds: Int64, _ nanoseconds: UInt32) -> MessagePackValue {
    .timestamp(MessagePackTimestamp(seconds: seconds, nanoseconds: nanoseconds))
}

/// Longer forms than necessary, which other encoders may well send.
private let longerForms: [Form] = [
    Form(5, [0xcc, 5]), Form(5, [0xcd, 0, 5]), Form(5, [0xce, 0, 0, 0, 5]), Form(5, [0xcf, 0, 0, 0, 0, 0, 0, 0, 5]),
    Form(5, [0xd0, 5]), Form(5, [0xd1, 0, 5]), Form(-1, [0xd2], Array(repeating: 0xff, count: 4)),
    Form(-1, [0xd3], Array(repeating: 0xff, count: 8)),
    Form("a", [0xd9, 1, 0x61]), Form("a", [0xda, 0, 1, 0x61]), Form("a", [0xdb, 0, 0, 0, 1, 0x61]),
    Form(.binary([1]), [0xc5, 0, 1, 1]), Form(.binary([1]), [0xc6, 0, 0, 0, 1, 1]),
    Form([1], [0xdc, 0, 1, 1]), Form([1], [0xdd, 0, 0, 0, 1, 1]),
    Form(["a": 1], [0xde, 0, 1, 0xa1, 0x61, 1]), Form(["a": 1], [0xdf, 0, 0, 0, 1, 0xa1, 0x61, 1]),
    Form(.ext(type: 1, [9]), [0xc7, 1, 1, 9]), Form(.ext(type: 1, [9]), [0xc8, 0, 1, 1, 9]),
    Form(.ext(type: 1, [9]), [0xc9, 0, 0, 0, 1, 1, 9]),
    Form(time(1, 0), [0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 1]),
]

@Suite struct FormatTests {
    @Test("each form is written and read to the byte", arguments: smallestForms)
    func form(_ form: Form) throws {
        var writer = MessagePackWriter()
        try writer.writeValue(form.value)
        #expect(writer.bytes == form.bytes)
        #expect(try MessagePackEncoder().encode(form.value) == form.bytes)
        #expect(try MessagePackDecoder().decode(MessagePackValue.self, from: form.bytes) == form.value)
    }

    @Test("longer forms than necessary are read", arguments: longerForms)
    func longerForm(_ form: Form) throws {
        #expect(try MessagePackDecoder().decode(MessagePackValue.self, from: form.bytes) == form.value)
    }

    @Test(
        "a message that is cut anywhere is truncated, not wrong and not a crash", arguments: smallestForms + longerForms
    )
    func truncation(_ form: Form) throws {
        let cuts = form.bytes.count < 600 ? Array(form.bytes.indices) : [0, 1, 2, 3, 4, 5, form.bytes.count - 1]
        for cut in cuts {
            let error = #expect(throws: MessagePackError.self) {
                try MessagePackDecoder().decode(MessagePackValue.self, from: Array(form.bytes[..<cut]))
            }
            #expect(error?.code == .truncated, "cut after \(cut) bytes")
        }
    }

    @Test("every first byte but 0xc1 begins a value of the kind that it announces")
    func firstBytes() throws {
        for byte in UInt8.min...UInt8.max {
            // Zeros complete every form: they are lengths, numbers and elements alike.
            let message = [byte] + Array(repeating: 0, count: 40)
            try MessagePackReader.withReader(over: message) { reader in
                guard let kind = MessagePackKind(firstByte: byte) else {
                    #expect(byte == 0xc1)
                    let error = #expect(throws: MessagePackError.self) { try reader.skipValue() }
                    #expect(error?.code == .reservedByte)
                    return
                }
                #expect(try reader.peekKind() == kind)
                let length = try reader.readRaw().count
                var value = MessagePackReader(reader.bytes)
                _ = try value.readValue()
                #expect(value.offset == length, "0x\(hexText([byte])): skipping and reading differ")
            }
        }
    }

    @Test(
        "a timestamp of an impossible length, or with a second's worth of nanoseconds, is refused",
        arguments: [
            [0xd4, 0xff, 0], [0xc7, 0, 0xff], [0xc7, 5, 0xff, 0, 0, 0, 0, 0],
            [0xd7, 0xff, 0xee, 0x6b, 0x28, 0, 0, 0, 0, 0], [0xc7, 12, 0xff, 0x3b, 0x9a, 0xca, 0] + filler(8),
        ] as [[UInt8]])
    func badTimestamps(_ message: [UInt8]) throws {
        let error = #expect(throws: MessagePackError.self) {
            try MessagePackDecoder().decode(MessagePackValue.self, from: message)
        }
        #expect(error?.code == .invalidTimestamp)
    }
}

func hexText(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 0x0f, radix: 16) }.joined()
}
