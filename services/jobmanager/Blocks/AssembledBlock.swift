internal import Mining

/// A block that was handed in, checked against its job and put together: ready for any daemon.
struct AssembledBlock: Sendable {
    /// The job that it solves.
    let job: Job
    /// Its hash, as hashes are shown.
    let hash: String
    /// The whole block in hexadecimal.
    let bytes: String

    /// Checks the proof of work and assembles the block, off the caller's executor.
    ///
    /// - Parameters:
    ///   - header: 80 bytes, as they were hashed.
    ///   - coinbase: Without its witness.
    /// - Throws: ``Flaw``; its words are the verdict. No daemon is bothered with what cannot be a block.
    @concurrent
    static func checked(_ job: Job, header: [UInt8], coinbase: [UInt8]) async throws(Flaw) -> AssembledBlock {
        let hash = BlockAssembly.hash(header: header)
        do throws(MiningError) {
            let block = try BlockAssembly.block(job, header: header, coinbase: coinbase)
            let target = try Work(job, extranonceBytes: 12).networkTarget
            let proof = try job.algorithm.algorithm.hash(header: header)
            guard proof <= target else {
                throw MiningError(
                    .foreignSolution,
                    "high-hash: \(job.algorithm.rawValue) of the header is \(proof), above the network's target \(target)"
                )
            }
            return AssembledBlock(job: job, hash: hash, bytes: Hex.encode(block))
        } catch {
            throw Flaw(hash: hash, words: error.message, isFinal: error.code != .hashFailed)
        }
    }

    /// Why something that was handed in is no block.
    struct Flaw: Error {
        /// The hash of its header.
        var hash: String
        /// What is wrong with it.
        var words: String
        /// Whether it stays that way.
        var isFinal: Bool

        /// The flaw as an answer.
        var verdict: BlockVerdict {
            BlockVerdict(hash: hash, outcome: isFinal ? .rejected : .undecided, reasons: ["jobmanager": words])
        }
    }
}

extension AssembledBlock {
    /// What the coinbase pays in all, in the coin's smallest unit.
    var value: Int64 { job.template.coinbaseValue }

    /// The difficulty of the network, in the pool's measure.
    var networkDifficulty: Double {
        guard let bits = UInt32(job.template.bits, radix: 16) else { return 0 }
        return Difficulty.of(UInt256(compactBits: bits), job.algorithm.algorithm)
    }
}
