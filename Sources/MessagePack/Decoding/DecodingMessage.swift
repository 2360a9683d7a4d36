/// The message that a value and all that is in it is decoded from, and what its decoders have in common.
///
/// Its form was checked as a whole, so that only the kinds of values are left to be wrong.
final class DecodingMessage {
    private var bytes: UnsafeRawBufferPointer
    private let limits: MessagePackLimits
    let userInfo: [CodingUserInfoKey: any Sendable]

    init(_ reader: MessagePackReader, userInfo: [CodingUserInfoKey: any Sendable]) {
        bytes = reader.bytes
        limits = reader.limits
        self.userInfo = userInfo
    }

    /// Lets go of the bytes: a decoder that a type has kept finds an empty message from now on.
    func close() {
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    func reader(at offset: Int) -> MessagePackReader {
        MessagePackReader(bytes, at: min(offset, bytes.count), limits: limits)
    }

    /// Makes a value of what is at `offset`.
    @inline(__always)
    func decode<Value: Decodable>(
        _ type: Value.Type, at offset: Int, path: @autoclosure () -> CodingPath?
    ) throws -> Value {
        var reader = reader(at: offset)
        return try decode(type, from: &reader, path: path())
    }

    /// Makes a value of what comes next and moves the cursor behind it.
    @inline(__always)
    func decode<Value: Decodable>(
        _ type: Value.Type, from reader: inout MessagePackReader, path: @autoclosure () -> CodingPath?
    ) throws -> Value {
        do throws(MessagePackError) {
            if let value = try reader.readKnown(type) { return value }
        } catch {
            throw failure(error, decoding: type, with: reader, path: path())
        }
        let value = try Value(from: ValueDecoder(message: self, offset: reader.offset, path: path()))
        try reader.skipValue()
        return value
    }

    /// Turns a reader's error into the one that `Codable` types expect from their decoder.
    func failure(
        _ error: MessagePackError, decoding type: Any.Type, with reader: MessagePackReader, path: CodingPath?
    ) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: path.keys, debugDescription: error.message, underlyingError: error)
        guard error.code == .typeMismatch else { return .dataCorrupted(context) }
        guard (try? reader.peekKind()) == .null else { return .typeMismatch(type, context) }
        return .valueNotFound(
            type,
            .init(codingPath: path.keys, debugDescription: "expected \(type), found nil at byte \(reader.offset)"))
    }
}

/// The decoder that one value is given to read itself from.
struct ValueDecoder: Decoder {
    let message: DecodingMessage
    let offset: Int
    let path: CodingPath?

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { message.userInfo }

    func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedValues<Key>(decoder: self, index: try reading([String: Any].self, MapIndex.init)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try reading([Any].self) { reader throws(MessagePackError) in
            UnkeyedValues(decoder: self, count: try reader.readArrayHeader(), reader: reader)
        }
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        SingleValue(decoder: self)
    }

    private func reading<Result>(
        _ type: Any.Type, _ body: (inout MessagePackReader) throws(MessagePackError) -> Result
    ) throws -> Result {
        var reader = message.reader(at: offset)
        do throws(MessagePackError) {
            return try body(&reader)
        } catch {
            throw message.failure(error, decoding: type, with: message.reader(at: offset), path: path)
        }
    }
}
