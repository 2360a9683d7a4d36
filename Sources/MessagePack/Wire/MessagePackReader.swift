internal import Glibc

/// A cursor over the bytes of a message, in place: nothing is copied until a `String` or a value is asked for.
///
/// Each `read` takes the next value, or throws and leaves the cursor where it was. What is returned as an
/// `UnsafeRawBufferPointer` lies inside the message and is valid as long as the bytes that the reader was made over.
public struct MessagePackReader {
    /// The whole message.
    public let bytes: UnsafeRawBufferPointer

    /// Where the next value begins, in bytes from the start of the message.
    public private(set) var offset: Int

    /// What ``skipValue()``, ``readRaw()`` and ``readValue()`` accept.
    public let limits: MessagePackLimits

    /// Creates a cursor over `bytes`, which must outlive it.
    public init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0, limits: MessagePackLimits = .standard) {
        precondition(0...bytes.count ~= offset, "a reader cannot begin outside its message")
        self.bytes = bytes
        self.offset = offset
        self.limits = limits
    }

    /// Calls `body` with a cursor over `bytes`, which neither the cursor nor what it returns in place may outlive.
    public static func withReader<Result, Failure: Error>(
        over bytes: [UInt8],
        limits: MessagePackLimits = .standard,
        _ body: (inout MessagePackReader) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeBufferPointer { (buffer) throws(Failure) -> Result in
            var reader = MessagePackReader(UnsafeRawBufferPointer(buffer), limits: limits)
            return try body(&reader)
        }
    }

    /// Whether the whole message has been read.
    public var isAtEnd: Bool { offset == bytes.count }

    /// How many bytes have not been read yet.
    public var remaining: Int { bytes.count - offset }

    /// The kind of the next value, which is not taken.
    public func peekKind() throws(MessagePackError) -> MessagePackKind {
        let byte = try peekByte()
        guard let kind = MessagePackKind(firstByte: byte) else { throw reservedByte() }
        return kind
    }

    /// Takes a nil if one comes next, and says whether it did.
    public mutating func readNilIfPresent() throws(MessagePackError) -> Bool {
        guard try peekByte() == Format.null else { return false }
        offset += 1
        return true
    }

    /// Takes a nil.
    public mutating func readNil() throws(MessagePackError) {
        guard try readNilIfPresent() else { throw mismatch(.null) }
    }

    /// Takes a boolean.
    public mutating func readBool() throws(MessagePackError) -> Bool {
        let byte = try peekByte()
        guard byte == Format.yes || byte == Format.no else { throw mismatch(.bool) }
        offset += 1
        return byte == Format.yes
    }

    /// Takes a UTF-8 string; throws `invalidUTF8` if it is none.
    public mutating func readString() throws(MessagePackError) -> String {
        let start = offset
        let utf8 = try readStringBytes()
        guard let string = String(validating: utf8, as: UTF8.self) else {
            offset = start
            throw MessagePackError(.invalidUTF8, "a string of \(utf8.count) bytes is not UTF-8", offset: start)
        }
        return string
    }

    /// Takes a string and returns its bytes in place, unchecked; compare them with ``Swift/UnsafeRawBufferPointer/matches(_:)``.
    public mutating func readStringBytes() throws(MessagePackError) -> UnsafeRawBufferPointer {
        let byte = try peekByte()
        switch byte {
        case Format.fixStrings: return try readBody(header: 1, length: Int(byte & 0x1f))
        case Format.string8: return try readBody(header: 2, length: Int(load(UInt8.self)))
        case Format.string16: return try readBody(header: 3, length: Int(load(UInt16.self)))
        case Format.string32: return try readBody(header: 5, length: Int(load(UInt32.self)))
        default: throw mismatch(.string)
        }
    }

    /// Takes a byte array and returns it in place.
    public mutating func readBinary() throws(MessagePackError) -> UnsafeRawBufferPointer {
        switch try peekByte() {
        case Format.binary8: return try readBody(header: 2, length: Int(load(UInt8.self)))
        case Format.binary16: return try readBody(header: 3, length: Int(load(UInt16.self)))
        case Format.binary32: return try readBody(header: 5, length: Int(load(UInt32.self)))
        default: throw mismatch(.binary)
        }
    }

    /// Takes a string or a byte array, whichever comes, and returns its bytes in place: for peers that send
    /// identifiers as either.
    public mutating func readStringOrBinary() throws(MessagePackError) -> UnsafeRawBufferPointer {
        try peekKind() == .binary ? readBinary() : readStringBytes()
    }

    /// Takes the header of an array and returns how many values follow; they are known to have a byte each at least.
    public mutating func readArrayHeader() throws(MessagePackError) -> Int {
        let byte = try peekByte()
        switch byte {
        case Format.fixArrays: return try readHeader(1, count: Int(byte & 0x0f), valuesEach: 1)
        case Format.array16: return try readHeader(3, count: Int(load(UInt16.self)), valuesEach: 1)
        case Format.array32: return try readHeader(5, count: Int(load(UInt32.self)), valuesEach: 1)
        default: throw mismatch(.array)
        }
    }

    /// Takes the header of a map and returns how many pairs follow; they are known to have two bytes each at least.
    public mutating func readMapHeader() throws(MessagePackError) -> Int {
        let byte = try peekByte()
        switch byte {
        case Format.fixMaps: return try readHeader(1, count: Int(byte & 0x0f), valuesEach: 2)
        case Format.map16: return try readHeader(3, count: Int(load(UInt16.self)), valuesEach: 2)
        case Format.map32: return try readHeader(5, count: Int(load(UInt32.self)), valuesEach: 2)
        default: throw mismatch(.map)
        }
    }

    /// Takes an extension value, its bytes in place. A timestamp comes as type -1.
    public mutating func readExt() throws(MessagePackError) -> (type: Int8, bytes: UnsafeRawBufferPointer) {
        let start = offset
        let body: UnsafeRawBufferPointer
        switch try peekByte() {
        case Format.fixExt1: body = try readBody(header: 2, length: 1)
        case Format.fixExt2: body = try readBody(header: 2, length: 2)
        case Format.fixExt4: body = try readBody(header: 2, length: 4)
        case Format.fixExt8: body = try readBody(header: 2, length: 8)
        case Format.fixExt16: body = try readBody(header: 2, length: 16)
        case Format.ext8: body = try readBody(header: 3, length: Int(load(UInt8.self)))
        case Format.ext16: body = try readBody(header: 4, length: Int(load(UInt16.self)))
        case Format.ext32: body = try readBody(header: 6, length: Int(load(UInt32.self)))
        default: throw mismatch(.ext)
        }
        // The type is the last byte of every header.
        let typeOffset = offset - body.count - 1
        assert(typeOffset > start)
        return (Int8(bitPattern: bytes[typeOffset]), body)
    }

    /// Takes a timestamp in any of its three forms.
    public mutating func readTimestamp() throws(MessagePackError) -> MessagePackTimestamp {
        let start = offset
        let ext = try readExt()
        do throws(MessagePackError) {
            guard ext.type == MessagePackTimestamp.extType else {
                throw MessagePackError(
                    .typeMismatch, "expected a timestamp (extension type -1), found extension type \(ext.type)",
                    offset: start)
            }
            return try MessagePackTimestamp(extBytes: ext.bytes, at: start)
        } catch {
            offset = start
            throw error
        }
    }

    /// Moves the cursor by `count` bytes that are known to be there.
    mutating func advance(_ count: Int) {
        offset += count
    }
}

extension MessagePackReader {
    /// The first byte of the next value.
    @inline(__always)
    func peekByte() throws(MessagePackError) -> UInt8 {
        guard offset < bytes.count else { throw truncated(needs: 1) }
        return bytes[offset]
    }

    /// The big-endian number behind the next value's first byte.
    @inline(__always)
    func load<Number: FixedWidthInteger>(_: Number.Type) throws(MessagePackError) -> Number {
        guard remaining > MemoryLayout<Number>.size else { throw truncated(needs: 1 + MemoryLayout<Number>.size) }
        return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: Number.self))
    }

    /// Takes the number behind the next value's first byte, and that byte.
    @inline(__always)
    mutating func readNumber<Number: FixedWidthInteger>(_: Number.Type) throws(MessagePackError) -> Number {
        let number = try load(Number.self)
        offset += 1 + MemoryLayout<Number>.size
        return number
    }

    /// Takes a header of `header` bytes and the `length` bytes behind it, and returns the latter.
    @inline(__always)
    private mutating func readBody(header: Int, length: Int) throws(MessagePackError) -> UnsafeRawBufferPointer {
        guard length <= remaining - header else { throw truncated(needs: header + length) }
        let start = offset + header
        offset = start + length
        return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
    }

    @inline(__always)
    private mutating func readHeader(_ header: Int, count: Int, valuesEach: Int) throws(MessagePackError) -> Int {
        guard count <= (remaining - header) / valuesEach else { throw truncated(needs: header + count * valuesEach) }
        offset += header
        return count
    }

    @inline(never)
    func truncated(needs count: Int) -> MessagePackError {
        MessagePackError(
            .truncated, "the value needs at least \(count) bytes and the message has \(remaining) left", offset: offset)
    }

    @inline(never)
    func reservedByte() -> MessagePackError {
        MessagePackError(.reservedByte, "the byte 0xc1 begins no value; this is not MessagePack", offset: offset)
    }

    @inline(never)
    func mismatch(_ expected: MessagePackKind) -> MessagePackError {
        let byte = bytes[offset]
        guard let found = MessagePackKind(firstByte: byte) else { return reservedByte() }
        return MessagePackError(
            .typeMismatch, "expected \(expected.rawValue), found \(found.rawValue) (0x\(hex([byte])))", offset: offset)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are the UTF-8 of `literal`; allocates nothing.
    public func matches(_ literal: StaticString) -> Bool {
        // memcmp, because this is asked for every key of every message's header.
        count == literal.utf8CodeUnitCount && (count == 0 || memcmp(baseAddress!, literal.utf8Start, count) == 0)
    }
}
