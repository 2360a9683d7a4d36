/// Chooses where a call goes: power of two choices by calls in flight, weighted, within the caller's zone where it can.
enum Balancer {
    /// One instance that may be chosen.
    struct Candidate {
        let link: LinkID
        let zone: String
        let weight: Int
        let inFlight: Int
    }

    /// The better of two random candidates (Mitzenmacher 2001); nil without any.
    ///
    /// Candidates of the caller's own zone go first; others serve only where it has none.
    static func choose(
        among candidates: [Candidate], zone: String, using random: inout MeshRandom
    ) -> LinkID? {
        guard candidates.count > 1 else { return candidates.first?.link }
        let near = zone.isEmpty ? [] : candidates.filter { $0.zone == zone }
        let choice = near.isEmpty ? candidates : near
        guard choice.count > 1 else { return choice[0].link }
        let first = Int.random(in: 0..<choice.count, using: &random)
        var second = Int.random(in: 0..<(choice.count - 1), using: &random)
        if second >= first { second += 1 }
        return pressure(choice[first]) <= pressure(choice[second]) ? choice[first].link : choice[second].link
    }

    private static func pressure(_ candidate: Candidate) -> Double {
        Double(candidate.inFlight + 1) / Double(max(candidate.weight, 1))
    }
}
