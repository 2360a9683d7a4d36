internal import MessagePack
internal import Testing

@Suite struct ReaderTests {
    @Test("a header is read in place")
    func header() throws {
        var writer = MessagePackWriter(reservingCapacity: 64)
        writer.writeArrayHeader(3)
        writer.writeMapHeader(2)
        writer.writeString("message_id" as StaticString)
        writer.writeBinary([1, 2, 3])
        writer.writeString("v")
        writer.writeInt(3)
        writer.writeString("name")
        writer.writeArrayHeader(2)
        writer.writeDouble(0.5)
        writer.writeNil()
        try MessagePackReader.withReader(over: writer.bytes) { reader in
            #expect(try reader.readArrayHeader() == 3)
            #expect(try reader.readMapHeader() == 2)
            #expect(try reader.readStringBytes().matches("message_id"))
            #expect(try reader.readStringOrBinary().elementsEqual([1, 2, 3]))
            let key = try reader.readStringBytes()
            #expect(key.matches("v") && !key.matches("") && !key.matches("vv") && !key.matches("w"))
            #expect(try reader.readInt() == 3)
            #expect(try reader.peekKind() == .string)
            #expect(try reader.readStringOrBinary().matches("name"))
            let arguments = try reader.readRaw()
            #expect(reader.isAtEnd && reader.remaining == 0)
            #expect(try MessagePackDecoder().decode([Double?].self, from: arguments) == [0.5, nil])
        }
    }

    @Test("a read that fails leaves the cursor where it was")
    func failuresDoNotMove() throws {
        let message: [UInt8] = [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xa2, 0xff, 0xff, 0xda, 1]
        try MessagePackReader.withReader(over: message) { reader in
            #expect(code { _ = try reader.readInt() } == .numberOutOfRange)
            #expect(code { _ = try reader.readDouble() } == .numberOutOfRange)
            #expect(code { _ = try reader.readString() } == .typeMismatch)
            #expect(code { _ = try reader.readTimestamp() } == .typeMismatch)
            #expect(code { try reader.readNil() } == .typeMismatch)
            #expect(reader.offset == 0)
            #expect(try reader.readUInt() == .max)
            #expect(code { _ = try reader.readUInt() } == .numberOutOfRange)
            #expect(try reader.readInt() == -1)
            #expect(code { _ = try reader.readString() } == .invalidUTF8)
            #expect(code { _ = try reader.readValue() } == .invalidUTF8)
            #expect(reader.offset == 10)
            try reader.skipValue()
            #expect(code { try reader.skipValue() } == .truncated)
            #expect(code { _ = try reader.readStringBytes() } == .truncated)
            #expect(reader.offset == 13)
        }
    }

    @Test("a message of no bytes is truncated")
    func empty() throws {
        MessagePackReader.withReader(over: []) { reader in
            #expect(reader.isAtEnd)
            #expect(code { _ = try reader.peekKind() } == .truncated)
            #expect(code { try reader.skipValue() } == .truncated)
        }
        #expect(code { _ = try MessagePackDecoder().decode(Int.self, from: []) } == .truncated)
    }

    @Test("an error says what was expected, what was found and where")
    func errorText() throws {
        let error = #expect(throws: MessagePackError.self) {
            try MessagePackReader.withReader(over: [0xc0, 0x93]) { reader in
                try reader.readNil()
                _ = try reader.readString()
            }
        }
        #expect(error.map { "\($0)" } == "MessagePack: expected string, found array (0x93) (at byte 1)")
    }
}

/// What `body` fails with; nil if it does not fail.
func failure(of body: () throws -> Void) -> MessagePackError? {
    do {
        try body()
        return nil
    } catch let error as MessagePackError {
        return error
    } catch {
        Issue.record(error, "every error of this module is a MessagePackError")
        return nil
    }
}

/// The code that `body` fails with; nil if it does not fail.
func code(_ body: () throws -> Void) -> MessagePackError.Code? {
    failure(of: body)?.code
}
