internal import Foundation
internal import Mining
internal import TestSupport

/// Jobs for tests, out of real templates.
enum Samples {
    /// The templates as litecoind gave them: the first block, the first with MWEB, one after it, one with many transactions.
    static let templates = ["gbt-h1", "gbt-h432-first-mweb", "gbt-h433-mweb-idle", "gbt-h523-txs-pegin"]

    static let payouts = [Payout(script: "0014c648e25cd4a181539d082d0048906619943f9ae1")]

    static func template(_ name: String = "gbt-h523-txs-pegin") throws -> BlockTemplate {
        try JSONDecoder().decode(BlockTemplate.self, from: Data(try Fixture.bytes("templates/\(name).json")))
    }

    static func position(of template: BlockTemplate, lineage: String = "regtest:00") -> ChainPosition {
        ChainPosition(
            lineage: lineage, parent: template.previousBlockHash, chainwork: .zero, height: template.height,
            ancestors: [template.previousBlockHash])
    }

    static func job(
        _ template: BlockTemplate, payouts: [Payout] = payouts, tag: String = "/mesh/",
        algorithm: ProofOfWorkKind = .scrypt
    ) -> Job {
        Job(
            template: template, position: position(of: template), payouts: payouts, tag: tag, algorithm: algorithm,
            createdAtMilliseconds: 7)
    }
}
