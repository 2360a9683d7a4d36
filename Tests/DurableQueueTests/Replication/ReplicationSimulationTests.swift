internal import DurableQueueTestKit
internal import Foundation
internal import Testing

/// Replication and takeover in virtual time. `HEADFRAME_SEEDS` says how many seeds.
@Suite struct ReplicationSimulationTests {
    static let seedCount = ProcessInfo.processInfo.environment["HEADFRAME_SEEDS"].flatMap(UInt64.init) ?? 30

    @Test func everySeedHolds() {
        var total = ReplicationSimulation.Report()
        for seed in 0..<Self.seedCount {
            let report = ReplicationSimulation.run(seed: seed)
            #expect(report.violations.isEmpty, "seed \(seed): \(report.violations.prefix(3))")
            total.acknowledged += report.acknowledged
            total.runs += report.runs
            total.runTwice += report.runTwice
            total.ownerships += report.ownerships
            total.takeovers += report.takeovers
            total.faults += report.faults
            total.destroyed += report.destroyed
            total.changes += report.changes
            total.withdrawn += report.withdrawn
            total.dismissals += report.dismissals
            total.slowestWithOneAway = max(total.slowestWithOneAway, report.slowestWithOneAway)
            total.slowestWithAll = max(total.slowestWithAll, report.slowestWithAll)
        }
        print(
            "replication simulation: \(total.acknowledged) acknowledged, \(total.runs) runs, \(total.runTwice) entries run twice, "
                + "\(total.ownerships) ownerships, \(total.takeovers) takeovers, \(total.faults) faults, "
                + "\(total.destroyed) machines destroyed, \(total.changes) changes of the group, "
                + "\(total.withdrawn) entries taken back, \(total.dismissals) dismissals; serves again after \(total.slowestWithOneAway) ms at most with a member away, "
                + "\(total.slowestWithAll) ms with all")
        #expect(
            total.acknowledged > 0 && total.takeovers > 0 && total.destroyed > 0 && total.changes > 0
                && total.withdrawn > 0)
    }

    @Test(arguments: ReplicationSimulation.Mutant.allCases)
    func mutantIsCaught(_ mutant: ReplicationSimulation.Mutant) {
        let caught = (0..<200).lazy.compactMap { seed in
            ReplicationSimulation.run(seed: seed, mutant: mutant).violations.first.map { "seed \(seed), \($0)" }
        }.first
        print("mutant \(mutant.rawValue): \(caught ?? "not caught")")
        #expect(caught != nil, "200 seeds did not notice that a group \(mutant.rawValue)")
    }
}
