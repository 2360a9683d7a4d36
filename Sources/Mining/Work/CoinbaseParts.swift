/// The coinbase transaction of a job, without its witness, as the bytes before and after the extranonce.
///
/// Source: BIP 34 (height), BIP 22 (`coinbaseaux`), BIP 141 (commitment).
struct CoinbaseParts {
    /// The bytes before the extranonce.
    private(set) var head: [UInt8] = []
    /// The bytes after the extranonce.
    private(set) var tail: [UInt8] = []

    /// The lengths in bytes that consensus allows for the script.
    static let scriptLengths = 2...100
    /// The most bytes that one push opcode takes, which holds the extranonce or the tag.
    static let pushLimit = 75

    init(_ job: Job, extranonceBytes: Int) throws(MiningError) {
        let template = job.template
        guard (1...Self.pushLimit).contains(extranonceBytes), job.tag.utf8.count <= Self.pushLimit else {
            throw MiningError(
                .invalidCoinbase,
                "the extranonce takes 1 to \(Self.pushLimit) bytes and the tag at most \(Self.pushLimit), not "
                    + "\(extranonceBytes) and \(job.tag.utf8.count); shorten them")
        }
        let before = try Self.height(template.height) + Self.flags(template) + [UInt8(extranonceBytes)]
        let after = job.tag.isEmpty ? [] : [UInt8(job.tag.utf8.count)] + Array(job.tag.utf8)
        let scriptLength = before.count + extranonceBytes + after.count
        guard Self.scriptLengths.contains(scriptLength) else {
            throw MiningError(
                .invalidCoinbase,
                "the coinbase script of the job \(job.id) would take \(scriptLength) bytes, of which "
                    + "\(extranonceBytes) extranonce and \(job.tag.utf8.count) tag, and 2 to 100 are allowed; shorten the tag"
            )
        }
        head.append(littleEndian: UInt32(2))
        head += [1] + [UInt8](repeating: 0, count: 32) + [0xff, 0xff, 0xff, 0xff]
        head.append(length: scriptLength)
        head += before

        var outputs = try Self.payouts(job)
        if let commitment = template.defaultWitnessCommitment {
            outputs.append((0, try template.bytes(of: commitment, "default_witness_commitment")))
        }
        tail = after + [0xff, 0xff, 0xff, 0xff]
        tail.append(length: outputs.count)
        for (value, script) in outputs {
            tail.append(littleEndian: value)
            tail.append(length: script.count)
            tail += script
        }
        tail.append(littleEndian: UInt32(0))
    }

    /// The push of the height: `OP_1` to `OP_16` for the first blocks, else the fewest bytes that leave it positive.
    private static func height(_ height: Int) throws(MiningError) -> [UInt8] {
        guard height > 0, height <= Int(Int32.max) else {
            throw MiningError(
                .invalidTemplate, "the template's height \(height) is no height of a block to mine; see the coin daemon"
            )
        }
        if height <= 16 { return [0x50 + UInt8(height)] }
        var digits: [UInt8] = []
        var rest = height
        while rest > 0 {
            digits.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
        // The highest bit is the sign.
        if digits[digits.count - 1] >= 0x80 { digits.append(0) }
        return [UInt8(digits.count)] + digits
    }

    /// What the daemon wants in the script, in the order of the names.
    private static func flags(_ template: BlockTemplate) throws(MiningError) -> [UInt8] {
        var flags: [UInt8] = []
        for (name, value) in template.coinbaseAux.sorted(by: { $0.key < $1.key }) {
            flags += try template.bytes(of: value, "coinbaseaux.\(name)")
        }
        return flags
    }

    /// The coinbase value split by weight.
    private static func payouts(_ job: Job) throws(MiningError) -> [(value: Int64, script: [UInt8])] {
        var total = 0
        for payout in job.payouts {
            let (sum, overflow) = total.addingReportingOverflow(payout.weight)
            guard payout.weight > 0, !overflow else {
                throw MiningError(
                    .invalidPayout,
                    "the payout to the script \(payout.script) has the weight \(payout.weight); give it one above zero, and "
                        + "small enough for all to be added up")
            }
            total = sum
        }
        guard total > 0 else {
            throw MiningError(
                .invalidPayout, "the job \(job.id) pays to nobody; configure at least one payout address")
        }
        guard job.template.coinbaseValue >= 0 else {
            throw MiningError(
                .invalidTemplate, "the template's coinbasevalue is \(job.template.coinbaseValue); see the coin daemon")
        }
        let value = UInt64(job.template.coinbaseValue)
        var outputs: [(value: Int64, script: [UInt8])] = []
        for payout in job.payouts {
            guard let script = Hex.decode(payout.script), !script.isEmpty, script.count <= 10_000 else {
                throw MiningError(
                    .invalidPayout,
                    "the payout script '\(payout.script.prefix(80))' is not 1 to 10000 bytes in hexadecimal; correct it"
                )
            }
            let part = UInt64(total).dividingFullWidth(value.multipliedFullWidth(by: UInt64(payout.weight))).quotient
            outputs.append((Int64(part), script))
        }
        outputs[0].value += job.template.coinbaseValue - outputs.reduce(0) { $0 + $1.value }
        return outputs
    }
}
