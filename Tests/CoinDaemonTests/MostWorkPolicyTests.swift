internal import CoinDaemon
internal import Testing

@Suite struct MostWorkPolicyTests {
    private let c: Candidates
    private let policy = MostWorkPolicy(loyalty: .seconds(10))

    init() throws {
        c = try Candidates()
    }

    private func choice(
        _ candidates: [TemplateCandidate], current: TemplateCandidate? = nil, at seconds: Double = 0
    ) -> Int? {
        policy.choose(among: candidates, current: current, at: c.time(seconds))?.priority
    }

    @Test func `the most work wins, whoever has it`() {
        #expect(choice([c.candidate(0, on: "a", work: 10), c.candidate(1, on: "b", work: 11)]) == 1)
    }

    @Test func `of equal work the first in the list wins, so it comes back after a failover`() {
        let first = c.candidate(0, on: "a", work: 10)
        let second = c.candidate(1, on: "a", work: 10)
        #expect(choice([first, second]) == 0)
        #expect(choice([first, second], current: second) == 0)
        let failed = c.candidate(0, on: "a", work: 10, notReadySince: 1)
        #expect(choice([failed, second], current: first) == 1)
    }

    @Test func `of two branches with equal work the current one stays`() {
        let current = c.candidate(1, on: "b", work: 10)
        #expect(choice([c.candidate(0, on: "a", work: 10), current], current: current) == 1)
    }

    @Test func `a block that no ready daemon has is kept for a while`() {
        let current = c.candidate(0, on: "b", work: 11)
        let candidates = [c.candidate(0, on: "b", work: 11, notReadySince: 5), c.candidate(1, on: "a", work: 10)]
        #expect(choice(candidates, current: current, at: 5) == nil)
        #expect(choice(candidates, current: current, at: 14.9) == nil)
        #expect(choice(candidates, current: current, at: 15) == 1)
    }

    @Test func `a daemon that gave up its own branch is followed at once`() {
        let current = c.candidate(0, on: "b", work: 11)
        #expect(choice([c.candidate(0, on: "a", work: 10), c.candidate(1, on: "a", work: 10)], current: current) == 0)
    }

    @Test func `with no daemon ready the current job is kept`() {
        let failed = c.candidate(0, on: "a", work: 10, notReadySince: 0)
        #expect(choice([failed], current: failed, at: 1000) == nil)
        #expect(choice([]) == nil)
    }

    @Test func `another network never counts, however much work it has`() {
        let ours = c.candidate(0, on: "a", work: 10)
        let foreign = c.candidate(1, on: "z", work: 99, lineage: "main:11")
        #expect(choice([ours, foreign]) == 0)
        #expect(choice([c.candidate(0, on: "a", work: 10, notReadySince: 0), foreign], current: ours, at: 100) == nil)
    }

    @Test func `the chain is that of the first daemon in the list, also when another answered sooner`() {
        let foreign = c.candidate(1, on: "z", work: 99, lineage: "main:11")
        #expect(choice([foreign]) == 1)
        #expect(choice([c.candidate(0, on: "a", work: 10), foreign], current: foreign) == 0)
    }
}
