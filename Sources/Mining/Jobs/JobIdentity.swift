internal import Crypto

/// The content-addressed id of a job: the first 128 bits of a SHA-256 over what makes two jobs different work, in hexadecimal.
///
/// In it, in this order: a version of this layout, the chain's lineage, the parent's hash, the block version, bits, height, coinbase value,
/// the coinbase data (`coinbaseaux`, by name), the rules, the witness commitment, the extension block (`mweb`), of each transaction in the
/// block's order both hashes (its bytes, fee and weight follow from those), of each payout script and weight, the tag, and the algorithm.
///
/// Not in it: `curtime`, `mintime`, `longpollid`, the limits and what a miner may change. So a template that was fetched again, or by another
/// jobmanager, with the same transactions on the same block is the same job.
///
/// Each part goes in with its length before it, so that no two different contents give the same bytes.
public enum JobIdentity {
    /// Digits of an id.
    public static let digits = 32

    /// The id of a template at a position, mined for these payouts.
    public static func of(
        _ template: BlockTemplate, at position: ChainPosition, payouts: [Payout], tag: String,
        algorithm: ProofOfWorkKind
    ) -> String {
        var content = HashedContent()
        content.add("headframe-job/2")
        content.add(position.lineage)
        content.add(template.previousBlockHash)
        content.add(Int64(template.version))
        content.add(template.bits)
        content.add(Int64(template.height))
        content.add(template.coinbaseValue)
        content.add(template.coinbaseAux.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
        content.add(template.rules)
        content.add(template.defaultWitnessCommitment)
        content.add(template.mweb)
        content.add(template.transactions.flatMap { [$0.txid, $0.hash] })
        content.add(payouts.flatMap { [$0.script, String($0.weight)] })
        content.add(tag)
        content.add(algorithm.rawValue)
        return content.digest(digits: digits)
    }

    /// Whether a text has the form of an id.
    public static func isWellFormed(_ id: String) -> Bool {
        id.utf8.count == digits && id.utf8.allSatisfy { lowercaseHexDigits.contains($0) }
    }
}

private let lowercaseHexDigits = Array("0123456789abcdef".utf8)

/// A SHA-256 that is fed typed parts.
private struct HashedContent {
    private var hash = SHA256()

    mutating func add(_ number: Int64) {
        withUnsafeBytes(of: number.bigEndian) { hash.update(bufferPointer: $0) }
    }

    mutating func add(_ text: String) {
        var text = text
        add(Int64(text.utf8.count))
        text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    }

    /// A missing text differs from an empty one.
    mutating func add(_ text: String?) {
        add(text.map { [$0] } ?? [])
    }

    mutating func add(_ list: [String]) {
        add(Int64(list.count))
        list.forEach { add($0) }
    }

    func digest(digits: Int) -> String {
        let bytes = hash.finalize().prefix(digits / 2)
        let text = bytes.flatMap { [lowercaseHexDigits[Int($0 >> 4)], lowercaseHexDigits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
