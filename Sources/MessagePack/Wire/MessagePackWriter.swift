/// An append-only buffer of MessagePack values, each written in its smallest form.
///
/// Arrays and maps are written as a header with a count, followed by that many values (for a map: twice as many, key
/// and value in turn); that the count is right is up to the caller. Lengths and counts end at 2^32 - 1, as the
/// specification has it; more is a programming error and traps.
public struct MessagePackWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8]

    /// How many bytes have been written.
    public var count: Int { bytes.count }

    /// Creates an empty buffer with room for `capacity` bytes.
    public init(reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Forgets what was written and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Writes nil.
    public mutating func writeNil() {
        bytes.append(Format.null)
    }

    /// Writes true or false.
    public mutating func writeBool(_ value: Bool) {
        bytes.append(value ? Format.yes : Format.no)
    }

    /// Writes an integer between -2^63 and 2^64 - 1; another one traps.
    @inlinable
    public mutating func writeInt(_ value: some FixedWidthInteger) {
        if value < 0 {
            writeNegative(Int64(value))
        } else {
            writeUnsigned(UInt64(value))
        }
    }

    /// Writes a 32-bit floating-point number.
    public mutating func writeFloat(_ value: Float) {
        append(Format.float32, value.bitPattern)
    }

    /// Writes a 64-bit floating-point number.
    public mutating func writeDouble(_ value: Double) {
        append(Format.float64, value.bitPattern)
    }

    /// Writes a string as its UTF-8 bytes.
    public mutating func writeString(_ value: String) {
        var value = value
        value.withUTF8 { writeString(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// Writes a string literal without going through `String`.
    public mutating func writeString(_ literal: StaticString) {
        literal.withUTF8Buffer { writeString(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// Writes a string whose UTF-8 bytes are at hand; that they are UTF-8 is up to the caller.
    public mutating func writeString(utf8: UnsafeRawBufferPointer) {
        switch utf8.count {
        case 0...31: bytes.append(Format.fixString | UInt8(utf8.count))
        case 32...0xff: append(Format.string8, UInt8(utf8.count))
        case 0x100...0xffff: append(Format.string16, UInt16(utf8.count))
        default: append(Format.string32, UInt32(utf8.count))
        }
        bytes.append(contentsOf: utf8)
    }

    /// Writes a byte array.
    public mutating func writeBinary(_ value: [UInt8]) {
        value.withUnsafeBytes { writeBinary($0) }
    }

    /// Writes a byte array.
    public mutating func writeBinary(_ value: UnsafeRawBufferPointer) {
        switch value.count {
        case 0...0xff: append(Format.binary8, UInt8(value.count))
        case 0x100...0xffff: append(Format.binary16, UInt16(value.count))
        default: append(Format.binary32, UInt32(value.count))
        }
        bytes.append(contentsOf: value)
    }

    /// Begins an array of `count` values, to be written next.
    public mutating func writeArrayHeader(_ count: Int) {
        switch count {
        case 0...15: bytes.append(Format.fixArray | UInt8(count))
        case 16...0xffff: append(Format.array16, UInt16(count))
        default: append(Format.array32, UInt32(count))
        }
    }

    /// Begins a map of `count` pairs, to be written next, key and value in turn.
    public mutating func writeMapHeader(_ count: Int) {
        switch count {
        case 0...15: bytes.append(Format.fixMap | UInt8(count))
        case 16...0xffff: append(Format.map16, UInt16(count))
        default: append(Format.map32, UInt32(count))
        }
    }

    /// Writes an extension value; types below 0 are the specification's, 0 to 127 the application's.
    public mutating func writeExt(type: Int8, _ value: [UInt8]) {
        writeExtHeader(type: type, length: value.count)
        bytes.append(contentsOf: value)
    }

    /// Writes a timestamp in the shortest of its three forms that holds it.
    public mutating func writeTimestamp(_ timestamp: MessagePackTimestamp) {
        let seconds = timestamp.seconds
        let nanoseconds = timestamp.nanoseconds
        if nanoseconds == 0, let seconds = UInt32(exactly: seconds) {
            writeExtHeader(type: MessagePackTimestamp.extType, length: 4)
            append(seconds)
        } else if 0..<(1 << 34) ~= seconds {
            writeExtHeader(type: MessagePackTimestamp.extType, length: 8)
            append(UInt64(nanoseconds) << 34 | UInt64(seconds))
        } else {
            writeExtHeader(type: MessagePackTimestamp.extType, length: 12)
            append(nanoseconds)
            append(seconds)
        }
    }

    /// Appends bytes that are one or more whole values already.
    public mutating func writeRaw(_ encoded: [UInt8]) {
        bytes.append(contentsOf: encoded)
    }

    /// Appends bytes that are one or more whole values already.
    public mutating func writeRaw(_ encoded: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: encoded)
    }

    @usableFromInline
    mutating func writeUnsigned(_ value: UInt64) {
        switch value {
        case 0...0x7f: bytes.append(UInt8(value))
        case 0x80...0xff: append(Format.uint8, UInt8(value))
        case 0x100...0xffff: append(Format.uint16, UInt16(value))
        case 0x1_0000...0xffff_ffff: append(Format.uint32, UInt32(value))
        default: append(Format.uint64, value)
        }
    }

    @usableFromInline
    mutating func writeNegative(_ value: Int64) {
        switch value {
        case -32...(-1): bytes.append(UInt8(truncatingIfNeeded: value))
        case -0x80...(-33): append(Format.int8, Int8(value))
        case -0x8000...(-0x81): append(Format.int16, Int16(value))
        case -0x8000_0000...(-0x8001): append(Format.int32, Int32(value))
        default: append(Format.int64, value)
        }
    }

    private mutating func writeExtHeader(type: Int8, length: Int) {
        switch length {
        case 1: bytes.append(Format.fixExt1)
        case 2: bytes.append(Format.fixExt2)
        case 4: bytes.append(Format.fixExt4)
        case 8: bytes.append(Format.fixExt8)
        case 16: bytes.append(Format.fixExt16)
        case 0...0xff: append(Format.ext8, UInt8(length))
        case 0x100...0xffff: append(Format.ext16, UInt16(length))
        default: append(Format.ext32, UInt32(length))
        }
        append(type)
    }

    private mutating func append(_ format: UInt8, _ value: some FixedWidthInteger) {
        bytes.append(format)
        append(value)
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

extension MessagePackWriter {
    /// Takes back everything that was written after the first `count` bytes.
    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count - count)
    }

    /// Takes back everything that was written after the first `count` bytes, and returns it.
    mutating func cut(after count: Int) -> [UInt8] {
        let tail = Array(bytes[count...])
        truncate(to: count)
        return tail
    }

    /// Replaces the one byte at `position`, which kept the place, by the header of an array or map whose size has
    /// only now become known.
    mutating func setHeader(at position: Int, isMap: Bool, count: Int) {
        var header = MessagePackWriter()
        if isMap {
            header.writeMapHeader(count)
        } else {
            header.writeArrayHeader(count)
        }
        if header.count == 1 {
            bytes[position] = header.bytes[0]
        } else {
            bytes.replaceSubrange(position...position, with: header.bytes)
        }
    }
}
