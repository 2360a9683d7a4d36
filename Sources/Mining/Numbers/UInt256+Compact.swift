/// The compact form of a target, as a block header holds it: one byte for the length in bytes, three for the leading digits, of which
/// the highest bit is a sign.
///
/// Source: `arith_uint256::SetCompact` and `GetCompact` of Bitcoin Core.
extension UInt256 {
    /// The target of a compact form; zero, which no hash meets, for a negative one and for one beyond 256 bits.
    public init(compactBits bits: UInt32) {
        let length = Int(bits >> 24)
        let digits = bits & 0x7f_ffff
        guard bits & 0x80_0000 == 0 else {
            self = .zero
            return
        }
        // The number is digits * 256^(length - 3), the most significant of its bytes first.
        var bytes = [UInt8](repeating: 0, count: 32)
        for place in 0..<3 {
            let byte = UInt8(truncatingIfNeeded: digits >> UInt32(place * 8))
            let index = length - 3 + place
            guard byte != 0, index >= 0 else { continue }
            guard index < 32 else {
                self = .zero
                return
            }
            bytes[index] = byte
        }
        self.init(littleEndian: bytes)
    }

    /// The compact form, with the lower digits cut off.
    public var compactBits: UInt32 {
        let bytes = littleEndianBytes
        guard var length = bytes.lastIndex(where: { $0 != 0 }).map({ $0 + 1 }) else { return 0 }
        func digit(_ place: Int) -> UInt32 { place >= 0 ? UInt32(bytes[place]) : 0 }
        var digits = digit(length - 1) << 16 | digit(length - 2) << 8 | digit(length - 3)
        if digits & 0x80_0000 != 0 {
            digits >>= 8
            length += 1
        }
        return UInt32(length) << 24 | digits
    }
}
