internal import Mining
internal import TestSupport

/// A job solved as a stratum server and its miner do it, one hash after another.
struct SolvedBlock {
    let job: Job
    let header: [UInt8]
    let coinbase: [UInt8]

    /// The hash that names the block.
    var hash: String { BlockAssembly.hash(header: header) }

    /// Looks for a nonce.
    ///
    /// - Parameters:
    ///   - time: the block's time; the template's without it.
    ///   - rolledBits: version bits that the miner turned over.
    ///   - misses: whether to look for a hash above the target instead.
    init(
        _ job: Job, extranonce: [UInt8] = Array(1...12), time: UInt32? = nil, rolledBits: UInt32 = 0,
        misses: Bool = false
    ) throws {
        let work = try Work(job, extranonceBytes: extranonce.count)
        var solution = Solution(
            extranonce: extranonce, time: time ?? work.time, nonce: 0, version: work.version ^ rolledBits)
        while try (job.algorithm.algorithm.hash(header: work.header(solution)) <= work.networkTarget) == misses {
            guard solution.nonce < 10_000 else {
                throw TestSupportError("no nonce of 10,000 solves height \(work.height)")
            }
            solution.nonce += 1
        }
        self.job = job
        header = work.header(solution)
        coinbase = work.coinbase(extranonce)
    }

    /// The whole block.
    func assembled() throws -> [UInt8] {
        try BlockAssembly.block(job, header: header, coinbase: coinbase)
    }
}
