/// A number of 256 bits: a hash as proof of work reads it, or the target that it may not exceed.
///
/// The miner has its own, and its own way to a header, so that it does not agree with a pool's mistakes.
struct Number256: Hashable, Comparable, Sendable {
    var high: UInt128
    var low: UInt128

    static let max = Number256(high: .max, low: .max)

    init(high: UInt128, low: UInt128) {
        self.high = high
        self.low = low
    }

    /// The 32 bytes of a hash, the least significant one first.
    init(littleEndian bytes: [UInt8]) {
        precondition(bytes.count == 32, "a hash has 32 bytes")
        func number(_ part: ArraySlice<UInt8>) -> UInt128 { part.reversed().reduce(0) { $0 << 8 | UInt128($1) } }
        self.init(high: number(bytes[16...]), low: number(bytes[..<16]))
    }

    /// The target that the `bits` of a header mean: a mantissa of three bytes and the number of bytes of the whole. Nil where
    /// they mean none: zero, negative, or too large.
    init?(compactBits bits: UInt32) {
        let size = Int(bits >> 24)
        let mantissa = UInt128(bits & 0x7f_ffff)
        guard bits & 0x80_0000 == 0, mantissa > 0 else { return nil }
        let shift = 8 * (size - 3)
        guard shift + (128 - mantissa.leadingZeroBitCount) <= 256 else { return nil }
        self = Number256(high: 0, low: mantissa).shifted(left: shift)
        if self == Number256(high: 0, low: 0) { return nil }
    }

    /// The highest hash that a share of a pool difficulty may have: `difficulty1`, which is 0xffff shifted left by so many bits,
    /// divided by the difficulty. 74 bits of it are exact and the rest zeros, so that it is never too high.
    init?(difficulty: Double, difficulty1Shift: Int) {
        guard difficulty.isFinite, difficulty > 0 else { return nil }
        // difficulty = divisor * 2^exponent, the divisor being a whole number of 53 bits.
        let exponent = Int(difficulty.exponent) - 52
        let divisor = UInt128(difficulty.significand * 0x1p52)
        let quotient = (UInt128(0xffff) << 111) / divisor
        let shift = difficulty1Shift - 111 - exponent
        guard shift + (128 - quotient.leadingZeroBitCount) <= 256 else {
            self = .max
            return
        }
        self = Number256(high: 0, low: quotient).shifted(left: shift)
    }

    /// Shifted by a number of bits, to the right where it is negative; what falls out is lost.
    private func shifted(left bits: Int) -> Number256 {
        switch bits {
        case 0: self
        // A shift by a negative number of bits goes the other way.
        case ..<0: Number256(high: high >> -bits, low: low >> -bits | high << (128 + bits))
        case 128...: Number256(high: low << (bits - 128), low: 0)
        default: Number256(high: high << bits | low >> (128 - bits), low: low << bits)
        }
    }

    static func < (one: Number256, other: Number256) -> Bool {
        (one.high, one.low) < (other.high, other.low)
    }
}
