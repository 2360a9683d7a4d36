internal import DurableQueue
internal import DurableQueueTestKit
internal import Foundation
internal import Testing

/// The power goes at every operation of seeded workloads. `HEADFRAME_SEEDS` says how many seeds.
@Suite struct PowerCutTests {
    static let seedCount = ProcessInfo.processInfo.environment["HEADFRAME_SEEDS"].flatMap(UInt64.init) ?? 4

    static let options = {
        var options = SegmentLogOptions()
        options.segmentBytes = 1500
        options.compactionStepBytes = 300
        return options
    }()

    static func test(seed: UInt64, _ mutant: DurabilityMutant? = nil) -> PowerCutTest {
        PowerCutTest(seed: seed, stepCount: 60) { folder, fileSystem in
            let seen = mutant?.mutating(fileSystem) ?? fileSystem
            let store = try SegmentLogStore(folder: folder, options: options, fileSystem: seen)
            return mutant?.mutating(store) ?? store
        }
    }

    @Test(arguments: 0..<seedCount) func nothingAcknowledgedIsLost(_ seed: UInt64) async {
        let report = await Self.test(seed: seed).run()
        print("power cut, seed \(seed): \(report)")
        #expect(report.cuts > 60)
        // Otherwise no segment was begun and none compacted.
        #expect(report.files.count > 1 && report.files.keys.min() ?? "" > "000000000002", "\(report.files)")
        #expect(report.violations.isEmpty, "\(report.violations.prefix(3).joined(separator: "\n"))")
    }

    @Test(arguments: DurabilityMutant.allCases) func mutantIsCaught(_ mutant: DurabilityMutant) async {
        let report = await Self.test(seed: 1, mutant).run(stopsEarly: true)
        print("mutant \(mutant.rawValue): \(report.violations.first ?? "not caught")")
        #expect(
            report.violations.contains {
                $0.contains("what was recovered") || $0.contains("records between are missing")
            },
            "a store that is \(mutant.rawValue) was not noticed")
    }
}
