internal import MeshTestKit
internal import Testing

@Suite struct SimulationTests {
    @Test func walks() {
        for seed in 0..<5 {
            let report = Simulation.run(seed: UInt64(seed))
            print(report)
            #expect(report.violations.isEmpty)
        }
    }
}
