internal import FoundationEssentials

/// The first 52 bytes of a segment: mark and version (8), origin (16), number of the segment (8), number of its first record (8), the
/// highest sequence given out before it (8), CRC-32C of all that (4).
struct SegmentHeader: Equatable {
    let origin: UUID
    let segment: UInt64
    let firstRecord: UInt64
    let highestSequence: UInt64

    static let bytes = 52
    static let suffix = ".segment"
    /// "HFQ", a zero, and the version of the layout.
    private static let mark = 0x0000_0001_0051_4648 as UInt64

    static func name(of segment: UInt64) -> String {
        let digits = String(segment)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits + suffix
    }

    /// The number in the name of a segment; nil for other files.
    static func segment(named name: String) -> UInt64? {
        guard name.hasSuffix(suffix) else { return nil }
        return UInt64(name.dropLast(suffix.count))
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.put(Self.mark)
        writer.put(origin)
        writer.put(segment)
        writer.put(firstRecord)
        writer.put(highestSequence)
        writer.put(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    init(origin: UUID, segment: UInt64, firstRecord: UInt64, highestSequence: UInt64) {
        self.origin = origin
        self.segment = segment
        self.firstRecord = firstRecord
        self.highestSequence = highestSequence
    }

    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes.prefix(Self.bytes))
        guard reader.number() == Self.mark, let origin = reader.uuid(), let segment = reader.number(UInt64.self),
            let first = reader.number(UInt64.self), let highest = reader.number(UInt64.self),
            reader.number() == CRC32C.checksum(Array(bytes.prefix(Self.bytes - 4)))
        else { return nil }
        self.init(origin: origin, segment: segment, firstRecord: first, highestSequence: highest)
    }
}
