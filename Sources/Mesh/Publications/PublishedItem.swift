internal import MessagePack

/// One item of a publication as it travels: what it is, where it stands, and who said it.
public struct PublishedItem: Sendable {
    /// The instance that published it.
    public var publisher: String
    /// The life of that instance.
    public var epoch: Epoch
    /// The number of the item within its stream, from 1, given after conflation: a hole is a loss.
    public var sequence: UInt64
    /// Whether it was there before the stream was opened.
    public var isSnapshot: Bool
    /// Where it stands.
    public var position: Position
    /// Names its content: two items with one key at one position are the same thing.
    public var key: String
    /// The encoded item.
    public var item: Payload

    /// Makes an item.
    public init(
        publisher: String, epoch: Epoch, sequence: UInt64 = 0, isSnapshot: Bool = false, position: Position,
        key: String,
        item: Payload
    ) {
        self.publisher = publisher
        self.epoch = epoch
        self.sequence = sequence
        self.isSnapshot = isSnapshot
        self.position = position
        self.key = key
        self.item = item
    }

    func write(to writer: inout MessagePackWriter) {
        writer.writeMapHeader(7)
        writer.writeString("publisher" as StaticString)
        writer.writeString(publisher)
        writer.writeString("epoch" as StaticString)
        writer.writeInt(epoch)
        writer.writeString("sequence" as StaticString)
        writer.writeInt(sequence)
        writer.writeString("snapshot" as StaticString)
        writer.writeBool(isSnapshot)
        writer.writeString("position" as StaticString)
        position.write(to: &writer)
        writer.writeString("key" as StaticString)
        writer.writeString(key)
        writer.writeString("item" as StaticString)
        item.withBytes { writer.writeRaw($0) }
    }

    /// Reads an item where it lies.
    ///
    /// - Throws: ``MeshError`` with code `badReply` for a missing or absurd field.
    init(decoding payload: Payload) throws(MeshError) {
        do {
            self = try payload.withBytes { (bytes) throws(MessagePackError) in
                var reader = MessagePackReader(bytes)
                return try Self.read(&reader, of: payload)
            }
        } catch {
            throw MeshError(.badReply, "reading an item of a publication: \(error.message)")
        }
    }

    private static func read(
        _ reader: inout MessagePackReader, of payload: Payload
    ) throws(MessagePackError) -> PublishedItem {
        var publisher: String?
        var (epoch, sequence): (Epoch?, UInt64?)
        var isSnapshot = false
        var position: Position?
        var key: String?
        var item: Payload?
        for _ in 0..<(try reader.readMapHeader()) {
            let name = try reader.readStringBytes()
            if name.matches("publisher") {
                publisher = try reader.readName()
            } else if name.matches("epoch") {
                epoch = try reader.readUInt()
            } else if name.matches("sequence") {
                sequence = try reader.readUInt()
            } else if name.matches("snapshot") {
                isSnapshot = try reader.readBool()
            } else if name.matches("position") {
                position = try Position(from: &reader)
            } else if name.matches("key") {
                key = try reader.readName()
            } else if name.matches("item") {
                let start = reader.offset
                try reader.skipValue()
                item = payload.part(start..<reader.offset)
            } else {
                try reader.skipValue()
            }
        }
        guard let publisher, let epoch, let sequence, let position, let key, let item else {
            throw MessagePackError(.missingKey, "publisher, epoch, sequence, position, key and item are all needed")
        }
        return PublishedItem(
            publisher: publisher, epoch: epoch, sequence: sequence, isSnapshot: isSnapshot, position: position,
            key: key,
            item: item)
    }
}

extension Position {
    func write(to writer: inout MessagePackWriter) {
        writer.writeMapHeader(5)
        writer.writeString("lineage" as StaticString)
        writer.writeString(lineage)
        writer.writeString("ordinal" as StaticString)
        writer.writeString(ordinal.description)
        writer.writeString("height" as StaticString)
        writer.writeInt(height)
        writer.writeString("parent" as StaticString)
        writer.writeString(parent)
        writer.writeString("ancestors" as StaticString)
        writer.writeArrayHeader(ancestors.count)
        for ancestor in ancestors { writer.writeString(ancestor) }
    }

    init(from reader: inout MessagePackReader) throws(MessagePackError) {
        var (lineage, parent): (String?, String?)
        var ordinal: Ordinal?
        var height: UInt64?
        var ancestors: [String] = []
        for _ in 0..<(try reader.readMapHeader()) {
            let name = try reader.readStringBytes()
            if name.matches("lineage") {
                lineage = try reader.readName()
            } else if name.matches("ordinal") {
                ordinal = Ordinal(hex: try reader.readName())
            } else if name.matches("height") {
                height = try reader.readUInt()
            } else if name.matches("parent") {
                parent = try reader.readName()
            } else if name.matches("ancestors") {
                let count = try reader.readArrayHeader()
                guard count <= Self.maximumAncestors else {
                    throw MessagePackError(
                        .countExceeded, "\(count) ancestors, at most \(Self.maximumAncestors) are taken")
                }
                for _ in 0..<count { ancestors.append(try reader.readName()) }
            } else {
                try reader.skipValue()
            }
        }
        guard let lineage, let parent, let ordinal, let height, ancestors.first == parent else {
            throw MessagePackError(
                .missingKey,
                "a position has lineage, ordinal (hex), height, parent, and ancestors that begin with the parent")
        }
        self.init(lineage: lineage, ordinal: ordinal, height: height, parent: parent, ancestors: ancestors)
    }
}

extension MessagePackReader {
    /// Reads a string of bounded length: a name, a hash, a key.
    fileprivate mutating func readName() throws(MessagePackError) -> String {
        let bytes = try readStringBytes()
        guard bytes.count <= Position.maximumNameBytes, let text = String(validating: bytes, as: UTF8.self) else {
            throw MessagePackError(.sizeExceeded, "a name is UTF-8 of at most \(Position.maximumNameBytes) bytes")
        }
        return text
    }
}
