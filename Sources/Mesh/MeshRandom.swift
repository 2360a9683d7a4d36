/// A small fast generator (xoshiro256**, Blackman and Vigna 2018) that a seed determines; not for secrets.
///
/// Decisions take it as a parameter: production seeds it from the system, the simulator from the number of the run.
public struct MeshRandom: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Makes the generator of one seed; the state is spread out of it by splitmix64.
    public init(seed: UInt64) {
        var seed = seed
        func next() -> UInt64 {
            seed &+= 0x9E37_79B9_7F4A_7C15
            var z = seed
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        state = (next(), next(), next(), next())
    }

    /// Makes a generator that differs in every process.
    public static func system() -> MeshRandom {
        var system = SystemRandomNumberGenerator()
        return MeshRandom(seed: system.next())
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, by: 45)
        return result
    }

    private static func rotate(_ value: UInt64, by bits: UInt64) -> UInt64 { (value << bits) | (value >> (64 - bits)) }

    /// A delay between half of `base` and one and a half times it, so that many clients do not come back at once.
    public mutating func jittered(_ base: Duration) -> Duration {
        let nanoseconds = max(base.nanoseconds, 1)
        return .nanoseconds(Int64.random(in: (nanoseconds / 2)...(nanoseconds + nanoseconds / 2), using: &self))
    }
}
