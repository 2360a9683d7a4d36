internal import DurableQueue
internal import DurableQueueTestKit
internal import Foundation
internal import Testing

/// The power goes at every operation of seeded workloads. `HEADFRAME_POWER_CUT_SEEDS` says how many seeds.
@Suite struct PowerCutTests {
    static let seedCount = ProcessInfo.processInfo.environment["HEADFRAME_POWER_CUT_SEEDS"].flatMap(UInt64.init) ?? 4

    /// With room ahead of the records or, for every other seed, without.
    static func options(_ seed: UInt64) -> SegmentLogOptions {
        var options = SegmentLogOptions()
        options.roomBytes = seed % 2 == 0 ? 0 : 700
        options.segmentBytes = 1500
        options.compactionStepBytes = 300
        return options
    }

    static func test(seed: UInt64, _ mutant: DurabilityMutant? = nil) -> PowerCutTest {
        PowerCutTest(seed: seed, stepCount: 80) { folder, fileSystem in
            let seen = mutant?.mutating(fileSystem) ?? fileSystem
            let store = try SegmentLogStore(folder: folder, options: options(seed), fileSystem: seen)
            return mutant?.mutating(store) ?? store
        }
    }

    @Test(arguments: 0..<seedCount) func nothingAcknowledgedIsLost(_ seed: UInt64) async {
        let report = await Self.test(seed: seed).run()
        print("power cut, seed \(seed): \(report)")
        #expect(report.cuts > 60)
        // Otherwise no segment was begun and none compacted.
        #expect(report.files.count > 1 && report.files.keys.min() ?? "" > "000000000001.segment", "\(report.files)")
        #expect(report.violations.isEmpty, "\(report.violations.prefix(3).joined(separator: "\n"))")
    }

    @Test(arguments: DurabilityMutant.allCases) func mutantIsCaught(_ mutant: DurabilityMutant) async {
        let report = await Self.test(seed: 1, mutant).run()
        let losses = report.violations.filter { $0.contains("what was recovered is not what") }
        print(
            "mutant \(mutant.rawValue): \(losses.count) losses in \(report.cuts) cuts, the first: \(losses.first ?? "none")"
        )
        #expect(!losses.isEmpty, "a store that is \(mutant.rawValue) was not noticed")
    }
}
