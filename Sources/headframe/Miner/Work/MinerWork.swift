/// What the hashing threads need: a job with all that it was issued with.
struct MinerWork: Equatable, Sendable {
    let job: MinerJob
    let extranonce1: [UInt8]
    let extranonce2Bytes: Int
    /// The pool's difficulty at the time of the job.
    let difficulty: Double
    let shareTarget: Number256
    /// The bits of the version that may be rolled.
    let versionMask: UInt32
    let height: Int?

    /// A part of the work for one thread: 2^32 nonces.
    struct Slice: Equatable, Sendable {
        let work: MinerWork
        let extranonce2: [UInt8]
        let version: UInt32

        func header(nonce: UInt32) -> [UInt8] {
            work.job.header(
                extranonces: work.extranonce1 + extranonce2, version: version, time: work.job.time, nonce: nonce)
        }
    }

    /// The slice of that number; the numbers of all slices of a job are different.
    func slice(_ number: UInt64) -> Slice {
        let extranonce2 = (0..<extranonce2Bytes).reversed().map { place in
            place < 8 ? UInt8(truncatingIfNeeded: number >> (8 * UInt64(place))) : 0
        }
        return Slice(work: self, extranonce2: extranonce2, version: rolledVersion(number))
    }

    /// The version with the number's lowest bits in the places of the mask (BIP 320).
    private func rolledVersion(_ number: UInt64) -> UInt32 {
        var bits: UInt32 = 0
        var rest = number
        for place in 0..<32 where versionMask & 1 << place != 0 {
            bits |= UInt32(rest & 1) << place
            rest >>= 1
        }
        return job.version & ~versionMask | bits
    }
}

/// A nonce that makes a share.
struct MinerSolution: Equatable, Sendable {
    let slice: MinerWork.Slice
    let nonce: UInt32
    let hash: Number256

    /// Whether it meets the network's target too: then it is a block.
    var isBlock: Bool { hash <= slice.work.job.networkTarget }

    /// The share as pools know it: the double SHA-256 of its header, in the order in which hashes are shown.
    var name: String { HexText.text(MinerJob.doubleSHA256(slice.header(nonce: nonce)).reversed()) }
}
