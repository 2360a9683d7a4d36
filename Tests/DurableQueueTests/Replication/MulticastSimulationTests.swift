internal import DurableQueueTestKit
internal import Foundation
internal import Testing

/// Groups of which every member runs every entry, in virtual time. `HEADFRAME_SEEDS` says how many seeds.
@Suite struct MulticastSimulationTests {
    static let seedCount = ProcessInfo.processInfo.environment["HEADFRAME_SEEDS"].flatMap(UInt64.init) ?? 30

    @Test func everySeedHolds() {
        var total = MulticastSimulation.Report()
        for seed in 0..<Self.seedCount {
            let report = MulticastSimulation.run(seed: seed)
            #expect(report.violations.isEmpty, "seed \(seed): \(report.violations.prefix(3))")
            total.acknowledged += report.acknowledged
            total.runs += report.runs
            total.runAgain += report.runAgain
            total.dead += report.dead
            total.faults += report.faults
            total.destroyed += report.destroyed
            total.joined += report.joined
            total.leftOut += report.leftOut
        }
        print(
            "multicast simulation: \(total.acknowledged) acknowledged, \(total.runs) runs, \(total.runAgain) of them again, "
                + "\(total.dead) dead letters, \(total.faults) faults, \(total.destroyed) machines destroyed, "
                + "\(total.joined) members that joined, \(total.leftOut) left out")
        #expect(
            total.acknowledged > 0 && total.runAgain > 0 && total.dead > 0 && total.destroyed > 0 && total.joined > 0
                && total.leftOut > 0)
    }

    @Test(arguments: MulticastSimulation.Mutant.allCases) func mutantIsCaught(_ mutant: MulticastSimulation.Mutant) {
        let caught = (0..<200).lazy.compactMap { seed in
            MulticastSimulation.run(seed: seed, mutant: mutant).violations.first.map { "seed \(seed), \($0)" }
        }.first
        print("mutant \(mutant.rawValue): \(caught ?? "not caught")")
        #expect(caught != nil, "200 seeds did not notice that a group \(mutant.rawValue)")
    }
}
