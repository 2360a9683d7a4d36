// The generic `decode` of each container stands for all of the protocol's requirements, one for each scalar type;
// which type it is comes out in `readKnown`.

struct KeyedValues<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ValueDecoder
    let index: MapIndex

    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { index.keys.compactMap { Key(stringValue: $0) ?? Int($0).flatMap(Key.init(intValue:)) } }

    func contains(_ key: Key) -> Bool {
        index.offset(of: key) != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        try decoder.message.reader(at: offset(of: key)).peekByte() == Format.null
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder.message.decode(type, at: offset(of: key), path: CodingPath(key, below: decoder.path))
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nested(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        try nested(TextKey("super"))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try nested(key)
    }

    private func nested(_ key: some CodingKey) throws -> ValueDecoder {
        ValueDecoder(
            message: decoder.message, offset: try offset(of: key), path: CodingPath(key, below: decoder.path))
    }

    private func offset(of key: some CodingKey) throws -> Int {
        if let offset = index.offset(of: key) { return offset }
        let context = DecodingError.Context(
            codingPath: codingPath,
            debugDescription: "the map at byte \(decoder.offset) has no key \"\(key.stringValue)\"")
        throw DecodingError.keyNotFound(key, context)
    }
}

struct UnkeyedValues: UnkeyedDecodingContainer {
    let decoder: ValueDecoder
    let count: Int?
    private let end: Int
    private var reader: MessagePackReader
    private(set) var currentIndex = 0

    init(decoder: ValueDecoder, count: Int, reader: MessagePackReader) {
        self.decoder = decoder
        self.count = count
        self.reader = reader
        end = count
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var isAtEnd: Bool { currentIndex == end }

    mutating func decodeNil() throws -> Bool {
        try requireNext(Never.self)
        guard try reader.readNilIfPresent() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try requireNext(type)
        let (path, index) = (decoder.path, currentIndex)
        let value = try decoder.message.decode(type, from: &reader, path: CodingPath(IndexKey(index), below: path))
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try next { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try next { $0 }
    }

    /// Gives the next element's decoder to `body`, and steps over the element if that does not throw.
    private mutating func next<Result>(_ body: (ValueDecoder) throws -> Result) throws -> Result {
        try requireNext(Any.self)
        let path = CodingPath(IndexKey(currentIndex), below: decoder.path)
        let result = try body(ValueDecoder(message: decoder.message, offset: reader.offset, path: path))
        try reader.skipValue()
        currentIndex += 1
        return result
    }

    private func requireNext(_ type: Any.Type) throws {
        guard isAtEnd else { return }
        let context = DecodingError.Context(
            codingPath: codingPath + [IndexKey(currentIndex)],
            debugDescription: "the array at byte \(decoder.offset) has only \(end) elements")
        throw DecodingError.valueNotFound(type, context)
    }
}

struct SingleValue: SingleValueDecodingContainer {
    let decoder: ValueDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool {
        (try? decoder.message.reader(at: decoder.offset).peekByte()) == Format.null
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.message.decode(type, at: decoder.offset, path: decoder.path)
    }
}
