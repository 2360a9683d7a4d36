/// Pool difficulty: how many times harder than the algorithm's difficulty 1 a target is.
public enum Difficulty {
    /// The highest target that is at least so hard, exact to the last bit of the difficulty.
    ///
    /// Zero and below give the highest target there is, and so does what is too easy for 256 bits; NaN and infinity give zero, which no
    /// hash meets.
    public static func target(_ difficulty: Double, _ algorithm: any ProofOfWork) -> UInt256 {
        guard !difficulty.isNaN, difficulty < .infinity else { return .zero }
        guard difficulty > 0 else { return .max }
        // difficulty = mantissa * 2^exponent, with a mantissa of at most 53 bits.
        let mantissa = UInt64(difficulty.significand * 0x1p52)
        let exponent = Int(difficulty.exponent) - 52
        var number = WideNumber(algorithm.difficulty1)
        if exponent < 0 { number.shiftLeft(min(-exponent, 1152)) }
        number.divide(by: mantissa)
        if exponent > 0 { number.shiftRight(exponent) }
        return number.clamped
    }

    /// The difficulty of a target, or of the hash that just meets it; infinity for zero.
    public static func of(_ target: UInt256, _ algorithm: any ProofOfWork) -> Double {
        algorithm.difficulty1.approximation / target.approximation
    }
}

/// A number of any size, only as able as a difficulty needs it.
private struct WideNumber {
    /// 64 bits each, the least significant first.
    private var words: [UInt64]

    init(_ number: UInt256) {
        words = [number.words.a, number.words.b, number.words.c, number.words.d]
    }

    mutating func shiftLeft(_ bits: Int) {
        let rest = UInt64(bits % 64)
        var carry: UInt64 = 0
        for index in words.indices {
            let word = words[index]
            words[index] = word << rest | carry
            carry = rest == 0 ? 0 : word >> (64 - rest)
        }
        words = Array(repeating: 0, count: bits / 64) + words + [carry]
    }

    mutating func shiftRight(_ bits: Int) {
        words = Array(words.dropFirst(bits / 64))
        let rest = UInt64(bits % 64)
        guard rest > 0 else { return }
        for index in words.indices {
            let next = index + 1 < words.count ? words[index + 1] : 0
            words[index] = words[index] >> rest | next << (64 - rest)
        }
    }

    mutating func divide(by divisor: UInt64) {
        var remainder: UInt64 = 0
        for index in words.indices.reversed() {
            (words[index], remainder) = divisor.dividingFullWidth((remainder, words[index]))
        }
    }

    /// The number, or the highest of 256 bits where it is higher.
    var clamped: UInt256 {
        guard words.dropFirst(4).allSatisfy({ $0 == 0 }) else { return .max }
        func word(_ index: Int) -> UInt64 { index < words.count ? words[index] : 0 }
        return UInt256(words: (word(0), word(1), word(2), word(3)))
    }
}
