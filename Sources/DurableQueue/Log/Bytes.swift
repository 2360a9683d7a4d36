internal import FoundationEssentials

/// Appends numbers, texts and identities to bytes; what ``ByteReader`` reads.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func overwrite<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        withUnsafeBytes(of: number.littleEndian) { new in
            for (index, byte) in new.enumerated() { bytes[offset + index] = byte }
        }
    }

    /// Seven bits a byte, the lowest first.
    mutating func putVariable(_ number: some BinaryInteger) {
        var rest = UInt64(number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func put(_ text: String) {
        var text = text
        text.withUTF8 {
            putVariable($0.count)
            bytes.append(contentsOf: $0)
        }
    }

    mutating func put(_ uuid: UUID) { withUnsafeBytes(of: uuid.uuid) { bytes.append(contentsOf: $0) } }

    mutating func put(_ payload: [UInt8]) {
        putVariable(payload.count)
        bytes.append(contentsOf: payload)
    }
}

/// Reads what ``ByteWriter`` wrote. Everything is nil once the bytes do not suffice or do not make sense.
struct ByteReader {
    let bytes: ArraySlice<UInt8>
    private(set) var offset: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    var isAtEnd: Bool { offset == bytes.endIndex }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.endIndex - offset else { return nil }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
        take(MemoryLayout<Number>.size).map { bytes in
            bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(as: Number.self)) }
        }
    }

    mutating func variable() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0 as UInt64, to: 64, by: 7) {
            guard let byte: UInt8 = number(), shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    /// A count of things that take at least a byte each.
    mutating func count() -> Int? {
        guard let value = variable(), value <= UInt64(bytes.endIndex - offset) else { return nil }
        return Int(value)
    }

    mutating func text() -> String? {
        guard let count = count(), let bytes = take(count) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    mutating func uuid() -> UUID? {
        guard let bytes = take(16) else { return nil }
        var value: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes) }
        return UUID(uuid: value)
    }

    mutating func payload() -> [UInt8]? {
        guard let count = count() else { return nil }
        return take(count).map(Array.init)
    }
}
