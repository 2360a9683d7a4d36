internal import Foundation

/// Random numbers that a seed determines (splitmix64), so that a printed seed brings a failure back.
public struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    /// The numbers of a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Above 0, at most 1.
    public mutating func unit() -> Double { Double((next() >> 11) + 1) / 0x1p53 }

    /// A time between two events that come at random, in units of the mean.
    public mutating func exponential() -> Double { -log(unit()) }
}
