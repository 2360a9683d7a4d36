internal import MessagePack
internal import Testing

@Suite struct LimitTests {
    @Test(
        "a short message that declares much neither allocates nor loops",
        arguments: [
            [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff],
            [0xc6, 0xff, 0xff, 0xff, 0xff], [0xc9, 0xff, 0xff, 0xff, 0xff, 1], [0xdc, 0xff, 0xff], [0xde, 0xff, 0xff],
        ] as [[UInt8]])
    func declarations(_ message: [UInt8]) {
        #expect(code { _ = try MessagePackDecoder().decode(MessagePackValue.self, from: message) } == .truncated)
        #expect(code { _ = try MessagePackDecoder().decode([Int].self, from: message) } == .truncated)
        MessagePackReader.withReader(over: message) { reader in
            #expect(code { _ = try reader.readArrayHeader() } != nil)
            #expect(code { _ = try reader.readMapHeader() } != nil)
        }
    }

    @Test("what nested containers declare counts together")
    func nestedDeclarations() {
        // Each of the ten arrays alone would fit the bytes that follow it; the third is one too many for them together.
        let message: [UInt8] = (0..<10).flatMap { _ in [0xdc, 0, 60] as [UInt8] } + Array(repeating: 0xc0, count: 100)
        let error = failure(of: { _ = try MessagePackDecoder().decode(MessagePackValue.self, from: message) })
        #expect(error?.code == .truncated)
        #expect(error?.offset == 6)
    }

    @Test("nesting a million deep is an error, not a stack overflow", arguments: [0x91, 0x81] as [UInt8])
    func depth(_ opening: UInt8) {
        let message = Array(repeating: opening, count: 1_000_000) + [0xc0]
        #expect(code { _ = try MessagePackDecoder().decode(MessagePackValue.self, from: message) } == .depthExceeded)
        #expect(code { _ = try MessagePackDecoder().decode(Nested.self, from: message) } == .depthExceeded)
        let boundless = MessagePackLimits(maximumDepth: .max)
        #expect(boundless.maximumDepth == MessagePackLimits.deepestNesting)
        let decoder = MessagePackDecoder(limits: boundless)
        #expect(code { _ = try decoder.decode(MessagePackValue.self, from: message) } == .depthExceeded)
    }

    @Test("the depth limit is exact, in both directions")
    func exactDepth() throws {
        let limits = MessagePackLimits(maximumDepth: 3)
        let encoder = MessagePackEncoder(limits: limits)
        let decoder = MessagePackDecoder(limits: limits)
        let three: MessagePackValue = [[[1]]]
        #expect(try decoder.decode(MessagePackValue.self, from: encoder.encode(three)) == three)
        #expect(try decoder.decode([[[Int]]].self, from: encoder.encode([[[1]]])) == [[[1]]])
        let four: MessagePackValue = [[[[]]]]
        #expect(code { _ = try encoder.encode(four) } == .depthExceeded)
        #expect(code { _ = try encoder.encode([[[[Int]()]]]) } == .depthExceeded)
        #expect(code { _ = try decoder.decode([[[[Int]]]].self, from: [0x91, 0x91, 0x91, 0x90]) } == .depthExceeded)
    }

    @Test("a type that nests without end is an error of the encoder")
    func endlessEncoding() {
        #expect(code { _ = try MessagePackEncoder().encode(Endless()) } == .depthExceeded)
    }

    @Test("the deepest nesting that can be allowed works for values and types")
    func deepest() throws {
        let limits = MessagePackLimits(maximumDepth: MessagePackLimits.deepestNesting)
        let message = Array(repeating: 0x91 as UInt8, count: limits.maximumDepth - 1) + [0x90]
        let value = try MessagePackDecoder(limits: limits).decode(MessagePackValue.self, from: message)
        #expect(try MessagePackEncoder(limits: limits).encode(value) == message)
        let nested = try MessagePackDecoder(limits: limits).decode(Nested.self, from: message)
        #expect(try MessagePackEncoder(limits: limits).encode(nested) == message)
    }

    @Test("the count limit covers the whole message")
    func count() throws {
        let decoder = MessagePackDecoder(limits: MessagePackLimits(maximumCount: 7))
        #expect(try decoder.decode([[Int]].self, from: [0x92, 0x92, 1, 2, 0x92, 3, 4]) == [[1, 2], [3, 4]])
        #expect(
            code { _ = try decoder.decode([[Int]].self, from: [0x92, 0x93, 1, 2, 3, 0x92, 3, 4]) } == .countExceeded)
        #expect(code { _ = try decoder.decode([Int].self, from: [0x97, 1, 2, 3, 4, 5, 6, 7]) } == .countExceeded)
    }

    @Test("the size limit covers the whole message")
    func size() throws {
        let decoder = MessagePackDecoder(limits: MessagePackLimits(maximumBytes: 4))
        #expect(try decoder.decode(String.self, from: [0xa3, 0x61, 0x61, 0x61]) == "aaa")
        #expect(code { _ = try decoder.decode(String.self, from: [0xa4, 0x61, 0x61, 0x61, 0x61]) } == .sizeExceeded)
    }

    @Test("bytes behind the value are an error")
    func trailing() {
        #expect(code { _ = try MessagePackDecoder().decode(Int.self, from: [1, 2]) } == .trailingBytes)
    }
}

/// A type as deep as the message.
private struct Nested: Codable {
    var inner: [Nested]

    init(from decoder: any Decoder) throws {
        inner = try [Nested](from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        try inner.encode(to: encoder)
    }
}

private struct Endless: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(Endless())
    }
}
