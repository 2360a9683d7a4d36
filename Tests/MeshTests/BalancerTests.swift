internal import Testing

@testable internal import Mesh

@Suite struct BalancerTests {
    private func candidate(_ link: UInt64, zone: String = "", weight: Int = 100, inFlight: Int = 0)
        -> Balancer.Candidate
    {
        .init(link: LinkID(link), zone: zone, weight: weight, inFlight: inFlight)
    }

    /// How often each link is chosen in ten thousand throws.
    private func counts(_ candidates: [Balancer.Candidate], zone: String = "") -> [UInt64: Int] {
        var random = MeshRandom(seed: 1)
        var counts: [UInt64: Int] = [:]
        for _ in 0..<10_000 {
            if let link = Balancer.choose(among: candidates, zone: zone, using: &random) {
                counts[link.number, default: 0] += 1
            }
        }
        return counts
    }

    @Test func nobodyAmongNobody() { #expect(counts([]).isEmpty) }

    @Test func equalsShareEqually() {
        let counts = counts([candidate(1), candidate(2), candidate(3), candidate(4)])
        #expect(counts.values.allSatisfy { (2200...2800).contains($0) })
    }

    @Test func theBetterOfTwoIsTaken() {
        let counts = counts([candidate(1, inFlight: 5), candidate(2, inFlight: 4), candidate(3, inFlight: 9)])
        #expect(counts[3] == nil)
        #expect((counts[2] ?? 0) > (counts[1] ?? 0))
    }

    @Test func oneWithMoreWeightBearsMore() {
        let counts = counts([candidate(1, weight: 100, inFlight: 3), candidate(2, weight: 300, inFlight: 9)])
        // 4/100 against 10/300.
        #expect(counts == [2: 10_000])
    }

    @Test func theOwnZoneGoesFirst() {
        let candidates = [candidate(1, zone: "x", inFlight: 50), candidate(2, zone: "y"), candidate(3, zone: "y")]
        #expect(counts(candidates, zone: "x") == [1: 10_000])
        #expect(Set(counts(candidates, zone: "z").keys) == [2, 3])
    }
}
