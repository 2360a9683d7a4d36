internal import Foundation
internal import MeshTestKit
internal import Testing

/// The mesh in virtual time, with faults. `HEADFRAME_SEEDS` says how many runs are made; a run that fails is repeated by its
/// number, `HEADFRAME_FIRST_SEED`.
@Suite struct SimulationTests {
    static func setting(_ name: String, default value: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? value
    }

    @Test func everySeedHolds() async {
        let first = Self.setting("HEADFRAME_FIRST_SEED", default: 0)
        let count = max(Self.setting("HEADFRAME_SEEDS", default: 60), 1)
        let begun = ContinuousClock.now
        let summary = await SeedRange(first: first, count: count).runAll()
        print("simulation: \(summary), in \((ContinuousClock.now - begun).components.seconds) s")
        for failure in summary.failures.prefix(3) { Self.explain(failure) }
        #expect(summary.failures.isEmpty)
    }

    @Test(arguments: Mutant.allCases) func mutantIsCaught(_ mutant: Mutant) {
        var options = Simulation.Options()
        options.mutant = mutant
        let caught = (0..<200).lazy.map { Simulation.run(seed: $0, options: options) }.first { !$0.violations.isEmpty }
        if let caught { print("mutant \(mutant.rawValue): caught at seed \(caught.seed), \(caught.violations[0])") }
        #expect(caught != nil, "200 seeds did not notice that a consumer \(mutant.rawValue)")
    }

    @Test(arguments: [3, 14, 15] as [UInt64]) func aSeedDeterminesItsRun(_ seed: UInt64) {
        let (one, other) = (Simulation.run(seed: seed), Simulation.run(seed: seed))
        #expect(one.fingerprint == other.fingerprint)
        #expect(one.deliveryCount == other.deliveryCount)
        #expect(one.deliveryCount > 0)
    }

    private static func explain(_ failure: SimulationReport) {
        var options = Simulation.Options()
        options.isTracing = true
        let traced = Simulation.run(seed: failure.seed, options: options)
        print("seed \(failure.seed) FAILED: \(failure.violations.joined(separator: "; "))")
        print("  faults:", traced.faults.joined(separator: ", "))
        for line in traced.trace { print("  \(line)") }
    }
}
