internal import Foundation
internal import Mining
internal import TestSupport

@testable internal import jobmanager

/// Jobs for tests, out of real templates.
enum JobSamples {
    static func template(_ name: String = "gbt-h523-txs-pegin") throws -> BlockTemplate {
        try JSONDecoder().decode(BlockTemplate.self, from: Data(try Fixture.bytes("templates/\(name).json")))
    }

    static func position(of template: BlockTemplate, lineage: String = "regtest:00") -> ChainPosition {
        ChainPosition(
            lineage: lineage, parent: template.previousBlockHash, chainwork: .zero, height: template.height,
            ancestors: [template.previousBlockHash])
    }

    /// A job whose id depends on `number`.
    static func job(_ number: Int) throws -> Job {
        var template = try template("gbt-h1")
        template.coinbaseValue = Int64(number)
        return Job(
            template: template, position: position(of: template), payouts: [], tag: "", algorithm: .scrypt,
            createdAtMilliseconds: 0)
    }
}
