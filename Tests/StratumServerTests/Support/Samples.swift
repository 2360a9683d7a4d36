internal import Foundation
internal import Logging
internal import Mining
internal import TestSupport

@testable internal import stratum

/// Jobs out of real templates.
enum Samples {
    /// Bits by which every second hash is a block.
    static let everySecondHash = "207fffff"
    /// Bits by which no hash of a test is a block.
    static let hard = "1e0fffff"

    /// A job; another `number` is another job on the same block, another `tip` one on another block.
    static func job(_ number: Int = 1, tip: Int = 1, bits: String = hard) throws -> Job {
        var template = try JSONDecoder().decode(
            BlockTemplate.self, from: Data(try Fixture.bytes("templates/gbt-h523-txs-pegin.json")))
        template.coinbaseValue += Int64(number)
        template.bits = bits
        template.previousBlockHash = String(repeating: "0", count: 60) + "\(1000 + tip)"
        let position = ChainPosition(
            lineage: "regtest:00", parent: template.previousBlockHash,
            chainwork: Chainwork(hex: "\(1000 + tip)") ?? .zero,
            height: template.height, ancestors: [template.previousBlockHash])
        return Job(
            template: template, position: position, payouts: [Payout(script: "51", weight: 1)], tag: "test",
            algorithm: .scrypt, createdAtMilliseconds: 0)
    }

    /// 8 digits.
    static func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Says nothing.
    static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
}
