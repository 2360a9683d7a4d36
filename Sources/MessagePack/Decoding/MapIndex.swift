/// Where the values of a map are, by key. Each key is read once; the last of several equal keys counts.
struct MapIndex {
    private let entries: [(key: String, offset: Int)]
    private let table: [String: Int]?

    /// Up to this many keys are as quickly compared as hashed.
    private static let smallCount = 8

    init(_ reader: inout MessagePackReader) throws(MessagePackError) {
        let count = try reader.readMapHeader()
        var entries: [(key: String, offset: Int)] = []
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let key = try Self.readKey(&reader)
            if let key { entries.append((key, reader.offset)) }
            try reader.skipValue()
        }
        self.entries = entries
        table = count <= Self.smallCount ? nil : Dictionary(entries.map { ($0.key, $0.offset) }) { $1 }
    }

    /// Where the value of a key begins. An integer key of the message is found by its decimal text.
    func offset(of key: some CodingKey) -> Int? {
        offset(of: key.stringValue) ?? key.intValue.flatMap { offset(of: String($0)) }
    }

    func offset(of key: String) -> Int? {
        if let table { return table[key] }
        return entries.last { $0.key == key }?.offset
    }

    /// All keys, each once.
    var keys: [String] {
        if let table { return Array(table.keys) }
        return entries.indices.filter { index in !entries[(index + 1)...].contains { $0.key == entries[index].key } }
            .map { entries[$0].key }
    }

    private static func readKey(_ reader: inout MessagePackReader) throws(MessagePackError) -> String? {
        switch try reader.peekKind() {
        case .string: return try reader.readString()
        case .integer: return try reader.readNumber().description
        case .binary: return String(validating: try reader.readBinary(), as: UTF8.self)
        default:
            try reader.skipValue()
            return nil
        }
    }
}
