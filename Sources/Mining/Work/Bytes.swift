extension [UInt8] {
    /// Appends a number as it is stored: the least significant byte first.
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends a length in the variable form of transactions and blocks (`CompactSize`).
    mutating func append(length: Int) {
        switch length {
        case ..<0xfd: append(UInt8(length))
        case ...0xffff:
            append(0xfd)
            append(littleEndian: UInt16(length))
        default:
            append(0xfe)
            append(littleEndian: UInt32(length))
        }
    }
}

/// Eight hexadecimal digits, the most significant first: how Stratum writes numbers of a header.
func bigEndianHex(_ number: UInt32) -> String {
    Hex.encode(withUnsafeBytes(of: number.bigEndian) { Array($0) })
}
