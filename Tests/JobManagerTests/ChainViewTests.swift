internal import Mining
internal import Testing

@testable internal import jobmanager

@Suite struct ChainViewTests {
    private func view(_ priority: Int, work: Int, _ chain: String = "main") -> ChainView {
        ChainView(
            priority: priority, chain: chain, height: work, chainwork: Chainwork(hex: String(work, radix: 16)) ?? .zero)
    }

    @Test func `the most work is believed, whoever has it, and of equal work the preferred daemon`() {
        let views = [view(2, work: 300), view(0, work: 7), view(3, work: 300), view(1, work: 20)]
        #expect(ChainView.believed(views).map(\.priority) == [2, 3, 1, 0])
        #expect(ChainView.believed([]) == [])
    }

    @Test func `a daemon of another network is not believed`() {
        let views = [view(1, work: 7), view(2, work: 9, "test"), view(3, work: 8)]
        #expect(ChainView.believed(views).map(\.priority) == [3, 1])
    }
}
