internal import Mining
internal import Synchronization

@testable internal import jobmanager

/// Solves jobs of a regtest chain, where every second hash is a block.
struct Solver {
    let work: Work
    let extranonce: [UInt8]

    /// - Parameter miner: Different ones find different blocks of one job.
    init(_ job: Job, miner: UInt8 = 1) throws {
        work = try Work(job)
        extranonce = [UInt8](repeating: miner, count: work.extranonceBytes)
    }

    /// The coinbase without its witness.
    var coinbase: [UInt8] { work.coinbase(extranonce) }

    /// The header of a block; with `isBlock` false, one that just fails to be a block.
    func header(isBlock: Bool = true) throws -> [UInt8] {
        for nonce in UInt32.zero... {
            let header = work.header(
                Solution(extranonce: extranonce, time: work.time, nonce: nonce, version: work.version))
            if try (work.algorithm.algorithm.hash(header: header) <= work.networkTarget) == isBlock { return header }
        }
        fatalError("no nonce is left")
    }
}

/// A ledger in memory.
final class MemoryLedger: BlockLedger {
    private let outcomes = Mutex<[BlockOutcome]>([])

    func record(_ outcome: BlockOutcome) async throws { outcomes.withLock { $0.append(outcome) } }
    func open() async throws -> [OpenBlock] { [] }
    func follow(_ update: BlockUpdate) async throws -> BlockVerdict.Outcome? { nil }

    /// What was written, in order.
    var recorded: [BlockOutcome] { outcomes.withLock { $0 } }
}
