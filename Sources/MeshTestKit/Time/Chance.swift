internal import Mesh

/// The dice of a simulation.
final class Chance {
    private var random: MeshRandom

    init(seed: UInt64) { random = MeshRandom(seed: seed) }

    /// A generator of its own for a part, so that one part's throws do not change another's.
    func fork() -> MeshRandom { MeshRandom(seed: random.next()) }

    func bits() -> UInt64 { random.next() }

    func isTrue(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    func milliseconds(_ range: ClosedRange<Double>) -> Duration {
        .nanoseconds(Int64(Double.random(in: range, using: &random) * 1_000_000))
    }

    func seconds(_ range: ClosedRange<Double>) -> Duration {
        .nanoseconds(Int64(Double.random(in: range, using: &random) * 1_000_000_000))
    }

    /// One of several; there has to be one.
    func one<Element>(of elements: [Element]) -> Element { elements[Int.random(in: elements.indices, using: &random)] }
}
