internal import Mining
internal import Testing

@testable internal import Stratum
@testable internal import stratum

/// From the hash of a share to the sink of found blocks.
@Suite struct PassOnTests {
    @Test func `a block is passed on with its job, though newer work has come since`() throws {
        let kept = KeptRecords()
        let parts = PoolParts(
            ServerOptions(listen: []), recorder: kept, blocks: kept, shares: ForgetfulShareSink(),
            wallClockMilliseconds: { 5 },
            logger: Samples.silent)
        let job = try Samples.job(1)
        let work = try Work(job)
        for tip in 1...100 { _ = parts.board.put(try Work(Samples.job(tip, tip: tip)), now: .now) { _, _ in } }
        let check = ShareCheck(
            id: CheckID(number: 1), work: work,
            solution: Solution(extranonce: [], time: work.time, nonce: 0, version: work.version), target: .zero,
            difficulty: 1, worker: "address.rig")
        parts.passOn(.accepted(hash: "aa"), of: check)
        #expect(kept.all.blocks.isEmpty)
        parts.passOn(.block(hash: "ab", header: [1], coinbase: [2]), of: check)
        #expect(
            kept.all.blocks == [
                FoundBlock(
                    job: job, header: [1], coinbase: [2], hash: "ab", height: job.template.height,
                    worker: "address.rig", foundAtMilliseconds: 5)
            ])
    }
}
