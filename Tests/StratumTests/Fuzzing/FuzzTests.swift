internal import Foundation
internal import Testing

/// Mad miners. `HEADFRAME_FUZZ_SECONDS` says for how long; a run that fails is repeated by its number: `HEADFRAME_FUZZ_SEED=123`.
@Suite struct FuzzTests {
    @Test func noMinerBreaksASession() throws {
        let works = [
            try SampleWork.make(1), try SampleWork.make(2), try SampleWork.make(1, tip: 2),
            try SampleWork.make(2, tip: 2, bits: "207fffff"), try SampleWork.make(1, tip: 3, time: .max - 100),
        ]
        if let seed = Self.setting("HEADFRAME_FUZZ_SEED") {
            var fuzzer = Fuzzer(seed: seed, works: works)
            #expect(fuzzer.run() == [])
            return
        }
        let seconds = Self.setting("HEADFRAME_FUZZ_SECONDS")
        // A long run goes where none was before; the short one is the same every time.
        let first = seconds == nil ? 1 : UInt64.random(in: 1...1 << 40)
        let end = ContinuousClock.now + .seconds(seconds ?? 2)
        var seed = first
        var failed = 0
        while ContinuousClock.now < end {
            if seconds != nil, (seed - first) % 1000 == 0 { print("seeds from \(seed) on") }
            var fuzzer = Fuzzer(seed: seed, works: works)
            let findings = fuzzer.run()
            if !findings.isEmpty { failed += 1 }
            if !findings.isEmpty, failed <= 10 { Issue.record("seed \(seed): \(findings.joined(separator: "; "))") }
            seed += 1
        }
        print("fuzz-stratum: \(seed - first) seeds run from \(first) on, \(failed) with findings")
        #expect(seed > first)
    }

    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }
}
