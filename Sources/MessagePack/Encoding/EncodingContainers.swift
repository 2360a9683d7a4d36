// The generic `encode` of each container stands for all of the protocol's requirements, one for each scalar type;
// which type it is comes out in `writeScalar`.

struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    let container: EncodingContainer

    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil(forKey key: Key) throws {
        container.encodeNil(forKey: key)
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try container.encode(value, forKey: key, depth: encoder.depth + 1, path: CodingPath(key, below: encoder.path))
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        nest(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nest(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        nest(TextKey("super"))
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        nest(key)
    }

    private func nest(_ key: any CodingKey) -> ValueEncoder {
        container.nest(forKey: key, depth: encoder.depth + 1, path: CodingPath(key, below: encoder.path))
    }
}

struct UnkeyedWriter: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    let container: EncodingContainer

    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { container.count }

    func encodeNil() throws {
        container.encodeNil(forKey: nil)
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        try container.encode(value, forKey: nil, depth: encoder.depth + 1, path: nextPath)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        nest().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        nest().unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        nest()
    }

    private var nextPath: CodingPath { CodingPath(IndexKey(count), below: encoder.path) }

    private func nest() -> ValueEncoder {
        container.nest(forKey: nil, depth: encoder.depth + 1, path: nextPath)
    }
}

struct SingleValueWriter: SingleValueEncodingContainer {
    let encoder: ValueEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() throws {
        try encoder.encodeOnly(MessagePackValue.null)
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        try encoder.encodeOnly(value)
    }
}
