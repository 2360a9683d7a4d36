internal import DurableQueueTestKit
internal import Foundation
internal import Testing

/// The queue in virtual time. `HEADFRAME_SEEDS` says how many seeds.
@Suite struct QueueSimulationTests {
    static let seedCount = ProcessInfo.processInfo.environment["HEADFRAME_SEEDS"].flatMap(UInt64.init) ?? 100

    @Test func everySeedHolds() {
        var (acknowledged, batches, crashes, dead) = (0, 0, 0, 0)
        for seed in 0..<Self.seedCount {
            let report = QueueSimulation.run(seed: seed)
            #expect(report.violations.isEmpty, "seed \(seed): \(report.violations.prefix(3))")
            acknowledged += report.acknowledged
            batches += report.batches
            crashes += report.crashes
            dead += report.dead
        }
        print(
            "queue simulation: \(acknowledged) acknowledged, \(batches) batches, \(crashes) crashes, \(dead) dead letters"
        )
        #expect(acknowledged > 0 && crashes > 0 && dead > 0)
    }

    @Test(arguments: QueueSimulation.Mutant.allCases) func mutantIsCaught(_ mutant: QueueSimulation.Mutant) {
        let caught = (0..<200).lazy.compactMap { seed in
            QueueSimulation.run(seed: seed, mutant: mutant).violations.first.map { "seed \(seed), \($0)" }
        }.first
        print("mutant \(mutant.rawValue): \(caught ?? "not caught")")
        #expect(caught != nil, "200 seeds did not notice that a queue \(mutant.rawValue)")
    }
}
