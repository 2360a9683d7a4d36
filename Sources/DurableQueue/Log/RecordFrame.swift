/// A record in a segment: 20 bytes before its body.
///
/// | bytes | what |
/// |---|---|
/// | 4 | length of the body |
/// | 4 | CRC-32C of all that follows, seeded with the number of the segment |
/// | 8 | number of the record; rises by one through all segments |
/// | 4 | how many of the records just before it were not known to be on the disk when it was written |
///
/// The last field is what tells damage from a torn tail: where a record cannot be read and a later one says that it had been forced to the
/// disk by then, the disk has lost what it had promised to keep.
struct RecordFrame {
    let number: UInt64
    let unsynced: UInt32
    /// Where the frame is in its segment.
    let range: Range<Int>

    static let headerBytes = 20

    var body: Range<Int> { range.lowerBound + Self.headerBytes..<range.upperBound }

    /// Whether this record says that the one with a number was on the disk.
    func vouches(for other: UInt64) -> Bool { number - UInt64(unsynced) > other }

    /// Appends a frame; `body` appends the body.
    static func put(
        _ number: UInt64, unsynced: UInt32, segment: UInt64, into writer: inout ByteWriter,
        body: (inout ByteWriter) -> Void
    ) {
        let start = writer.bytes.count
        writer.put(0 as UInt64)
        writer.put(number)
        writer.put(unsynced)
        body(&writer)
        writer.overwrite(UInt32(writer.bytes.count - start - headerBytes), at: start)
        let checksum = writer.bytes.withUnsafeBytes {
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[(start + 8)...]), seed: seed(segment))
        }
        writer.overwrite(checksum, at: start + 4)
    }

    /// The frame at an offset; nil when there is none, or a part of one, or its checksum is wrong.
    static func read(_ bytes: [UInt8], at offset: Int, segment: UInt64, expecting: ClosedRange<UInt64>) -> RecordFrame?
    {
        guard bytes.count - offset >= headerBytes else { return nil }
        return bytes.withUnsafeBytes { buffer in
            func number<Number: FixedWidthInteger>(_ at: Int) -> Number {
                Number(littleEndian: buffer.loadUnaligned(fromByteOffset: offset + at, as: Number.self))
            }
            let length = Int(number(0) as UInt32)
            let record: UInt64 = number(8)
            guard expecting.contains(record), length <= buffer.count - offset - headerBytes else { return nil }
            let end = offset + headerBytes + length
            let checksum = CRC32C.checksum(
                UnsafeRawBufferPointer(rebasing: buffer[(offset + 8)..<end]), seed: seed(segment))
            guard checksum == number(4) else { return nil }
            return RecordFrame(number: record, unsynced: number(16), range: offset..<end)
        }
    }

    private static func seed(_ segment: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: segment) &* 0x9E37_79B1 }
}
