internal import Foundation
internal import Mining
internal import TestSupport

/// Work out of a real template, on a network that is not solved by accident.
enum SampleWork {
    /// A hundred thousand times the difficulty that these tests mine at.
    static let hardBits = "1b0404cb"

    private static let template = Result {
        try JSONDecoder().decode(
            BlockTemplate.self, from: Data(try Fixture.bytes("templates/gbt-h523-txs-pegin.json")))
    }

    static let time: UInt32 = 1_800_000_000

    /// - Parameters:
    ///   - number: tells one job of a tip from another.
    ///   - tip: tells one tip from another.
    static func make(
        _ number: Int = 1, tip: Int = 1, time: UInt32 = time, algorithm: ProofOfWorkKind = .sha256d,
        bits: String = hardBits
    ) throws -> Work {
        var template = try template.get()
        template.previousBlockHash = String(repeating: "0", count: 60) + String(format: "%04x", tip)
        template.coinbaseValue += Int64(number)
        template.height += tip
        template.currentTime = Int64(time)
        template.minimumTime = Int64(time) - 3600
        template.bits = bits
        let position = ChainPosition(
            lineage: "test:00", parent: template.previousBlockHash, chainwork: .zero, height: template.height,
            ancestors: [])
        return try Work(
            Job(
                template: template, position: position, payouts: [Payout(script: "51")], tag: "/test/",
                algorithm: algorithm, createdAtMilliseconds: 0))
    }
}
