/// The encoder that one value is given to write itself to.
final class ValueEncoder: Encoder {
    let sink: EncodingSink
    let depth: Int
    let path: CodingPath?
    private let start: Int
    private var container: EncodingContainer?

    init(_ sink: EncodingSink, depth: Int, path: CodingPath?) {
        self.sink = sink
        self.depth = depth
        self.path = path
        start = sink.writer.count
    }

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { sink.userInfo }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedWriter(encoder: self, container: open(isMap: true)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedWriter(encoder: self, container: open(isMap: false))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleValueWriter(encoder: self)
    }

    /// A value that asks twice, as a class and its superclass may, gets the same container.
    private func open(isMap: Bool) -> EncodingContainer {
        if let container {
            precondition(container.isMap == isMap, "a value encodes itself as an array or as a map, not as both")
            return container
        }
        precondition(
            sink.writer.count == start, "a value encodes itself as a single value or as a container, not as both")
        let container = EncodingContainer(sink, isMap: isMap)
        self.container = container
        return container
    }

    /// Encodes the one value that this is.
    func encodeOnly<Value: Encodable>(_ value: Value) throws {
        guard container == nil, sink.writer.count == start else {
            throw MessagePackError(.notEncodable, "a type encoded a second single value where one has its place")
        }
        try sink.encode(value, depth: depth, path: path)
    }

    /// Completes what the value wrote; a value that wrote nothing is an empty map.
    func finish() throws {
        if let container {
            guard depth < sink.limits.maximumDepth else { throw sink.tooDeep() }
            try container.finish()
        } else if sink.writer.count == start {
            sink.writer.writeMapHeader(0)
        }
    }
}

/// An array or map that is being written: its elements are in the sink, behind a byte that keeps the header's place.
///
/// Nested containers and super encoders may be written to in any order while this one goes on, so they have sinks of
/// their own, and their bytes are put in their places at the end.
final class EncodingContainer {
    let isMap: Bool
    private(set) var count = 0
    private let sink: EncodingSink
    private let start: Int
    private var nested: [(offset: Int, encoder: ValueEncoder)] = []

    init(_ sink: EncodingSink, isMap: Bool) {
        self.sink = sink
        self.isMap = isMap
        start = sink.writer.count
        sink.writer.writeNil()
    }

    func encodeNil(forKey key: (any CodingKey)?) {
        if let key { sink.writer.writeString(key.stringValue) }
        sink.writer.writeNil()
        count += 1
    }

    func encode<Value: Encodable>(
        _ value: Value, forKey key: (any CodingKey)?, depth: Int, path: @autoclosure () -> CodingPath?
    ) throws {
        let before = sink.writer.count
        if let key { sink.writer.writeString(key.stringValue) }
        do {
            try sink.encode(value, depth: depth, path: path())
        } catch {
            sink.writer.truncate(to: before)
            throw error
        }
        count += 1
    }

    func nest(forKey key: (any CodingKey)?, depth: Int, path: CodingPath?) -> ValueEncoder {
        if let key { sink.writer.writeString(key.stringValue) }
        let encoder = ValueEncoder(sink.sibling(), depth: depth, path: path)
        nested.append((sink.writer.count, encoder))
        count += 1
        return encoder
    }

    func finish() throws {
        if !nested.isEmpty {
            let base = start + 1
            let flat = sink.writer.cut(after: base)
            var done = base
            for (offset, encoder) in nested {
                try encoder.finish()
                sink.writer.writeRaw(Array(flat[(done - base)..<(offset - base)]))
                sink.writer.writeRaw(encoder.sink.writer.bytes)
                done = offset
            }
            sink.writer.writeRaw(Array(flat[(done - base)...]))
        }
        sink.writer.setHeader(at: start, isMap: isMap, count: count)
    }
}
