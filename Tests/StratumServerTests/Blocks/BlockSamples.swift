internal import Foundation
internal import Logging
internal import Mining
internal import TestSupport

@testable internal import stratum

/// Found blocks for tests.
enum BlockSamples {
    /// A job out of a real template.
    static func job() throws -> Job {
        let template = try JSONDecoder().decode(
            BlockTemplate.self, from: Data(try Fixture.bytes("templates/gbt-h523-txs-pegin.json")))
        let position = ChainPosition(
            lineage: "regtest:00", parent: template.previousBlockHash, chainwork: .zero, height: template.height,
            ancestors: [template.previousBlockHash])
        return Job(
            template: template, position: position, payouts: [Payout(script: "51")], tag: "test", algorithm: .scrypt,
            createdAtMilliseconds: 1)
    }

    /// A block whose hash depends on `number`.
    static func block(_ number: Int) throws -> FoundBlock {
        let digits = String(number, radix: 16)
        return FoundBlock(
            job: try job(), header: [UInt8](repeating: UInt8(number % 256), count: 80),
            coinbase: [UInt8](repeating: 7, count: 100),
            hash: String(repeating: "0", count: 64 - digits.count) + digits, height: 523, worker: "address.worker",
            foundAtMilliseconds: Int64(number))
    }

    /// Says nothing.
    static var silent: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}
