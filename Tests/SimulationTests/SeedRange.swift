internal import Foundation
internal import MeshTestKit

/// Seeds that are run one after the other on every core.
struct SeedRange {
    let first: UInt64
    let count: UInt64

    /// What all of the runs came to.
    struct Summary: CustomStringConvertible {
        var runs = 0
        var virtualTime: Duration = .zero
        var deliveries = 0
        var calls = 0
        var faults = 0
        var failures: [SimulationReport] = []

        mutating func add(_ report: SimulationReport) {
            runs += 1
            virtualTime += report.duration
            deliveries += report.deliveryCount
            calls += report.callCount
            faults += report.faults.count
            if !report.violations.isEmpty { failures.append(report) }
        }

        mutating func add(_ other: Summary) {
            runs += other.runs
            virtualTime += other.virtualTime
            deliveries += other.deliveries
            calls += other.calls
            faults += other.faults
            failures = (failures + other.failures).sorted { $0.seed < $1.seed }
        }

        var description: String {
            "\(runs) seeds, \(virtualTime.components.seconds) s of virtual time, \(deliveries) deliveries, \(calls) calls, "
                + "\(faults) faults, \(failures.count) failures"
        }
    }

    func runAll() async -> Summary {
        let cores = UInt64(max(ProcessInfo.processInfo.activeProcessorCount, 1))
        return await withTaskGroup(of: Summary.self) { group in
            for core in 0..<cores {
                group.addTask { @concurrent in
                    var summary = Summary()
                    for seed in stride(from: first + core, to: first + count, by: Int(cores)) {
                        summary.add(Simulation.run(seed: seed))
                    }
                    return summary
                }
            }
            return await group.reduce(into: Summary()) { $0.add($1) }
        }
    }
}
